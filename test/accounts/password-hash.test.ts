import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fits, formatPasswordHash, hashPassword, nobodysHash, parsePasswordHash } from '../../src/accounts/password-hash.ts'
import { prepareName, preparePassword } from '../../src/accounts/prepare.ts'

describe('a password', () => {
  it('fits its hash, as it is written, and no other does', async () => {
    const kept = parsePasswordHash(formatPasswordHash(await hashPassword('correct horse')))
    assert.ok(kept)
    assert.equal(await fits('correct horse', kept), true)
    assert.equal(await fits('correct horsf', kept), false)
    assert.equal(await fits('correct horse', nobodysHash(kept)), false)
  })

  it('is a hash of RFC 7914', async () => {
    // RFC 7914, 12: scrypt (P="pleaseletmein", S="SodiumChloride", N=16384, r=8, p=1, dkLen=64)
    const hash =
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'
    const [salt, key] = [Buffer.from('SodiumChloride'), Buffer.from(hash, 'hex')].map(bytes =>
      bytes.toString('base64').replace(/=+$/, ''),
    )
    const kept = parsePasswordHash(`$scrypt$ln=14,r=8,p=1$${salt}$${key}`)
    assert.ok(kept && (await fits('pleaseletmein', kept)))
  })

  it('costs no more than we can pay', () => {
    for (const cost of ['ln=19,r=8,p=1', 'ln=15,r=17,p=1', 'ln=15,r=8,p=5', 'ln=9,r=8,p=1', 'ln=15,r=0,p=1']) {
      assert.equal(parsePasswordHash(`$scrypt$${cost}$${'a'.repeat(22)}$${'b'.repeat(43)}`), undefined, cost)
    }
    assert.equal(parsePasswordHash('secret'), undefined)
  })

  it('has one spelling for what looks alike, and a limit', () => {
    assert.equal(preparePassword('e\u0301te\u0301\u00a02'), '\u00e9t\u00e9 2')
    assert.equal(preparePassword('a\u00adb'), 'ab')
    assert.deepEqual(['', 'a\0b', 'x'.repeat(1025)].map(preparePassword), [undefined, undefined, undefined])
  })
})

it('the name of an account is compared without regard to case', () => {
  assert.equal(prepareName('Alice@Our.example'), 'alice@our.example')
  assert.deepEqual(['', 'a b', 'a\nb', 'x'.repeat(256)].map(prepareName), [undefined, undefined, undefined, undefined])
})
