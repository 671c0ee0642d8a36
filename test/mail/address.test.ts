import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAddress, parseAddress, parseAddressLiteral, parseDomain } from '../../src/mail/address.ts'

describe('address', () => {
  it('SRV-12: keeps the local part as it is, and the domain in one spelling', () => {
    assert.deepEqual(parseAddress('User.Name+tag@EXAMPLE.org'), { local: 'User.Name+tag', domain: 'example.org' })
    assert.deepEqual(parseAddress('"a @ b"@example.org'), { local: '"a @ b"', domain: 'example.org' })
    assert.deepEqual(parseAddress('jörg@bücher.example'), { local: 'jörg', domain: 'xn--bcher-kva.example' })
    assert.deepEqual(parseAddress('a@[IPV6:2001:DB8::1]'), { local: 'a', domain: '[IPv6:2001:db8::1]' })
  })

  it('is not what has dots, quotes or signs in the wrong places', () => {
    const wrong = [
      '',
      '@',
      'a',
      '@b',
      'a@',
      '.a@b',
      'a.@b',
      'a..b@c',
      'a b@c',
      'a@b@c',
      '"a@b',
      'a"b"@c',
      '"a"b@c',
      'a@b..c',
      'a@.b',
      'a@b.',
    ]
    const odd = [
      'a@-b',
      'a@b-',
      'a@b/c',
      'a@b%c',
      'a@[b]',
      'a@[1.2.3]',
      'a@[IPv6:1.2.3.4]',
      'a@[::1]',
      'a\r\n@b',
      'a@b\r\n',
      '<a@b>',
    ]
    for (const text of [...wrong, ...odd]) assert.equal(parseAddress(text), undefined, text)
  })

  it('SRV-11: counts octets, not characters', () => {
    assert.ok(parseAddress(`${'ö'.repeat(32)}@example.org`))
    assert.equal(parseAddress(`${'ö'.repeat(33)}@example.org`), undefined)
    assert.ok(parseDomain('a'.repeat(63)))
    assert.equal(parseDomain('a'.repeat(64)), undefined)
  })

  it('is written as it was read, and the null sender as nothing', () => {
    assert.equal(formatAddress(parseAddress('"a b"@example.org') ?? null), '"a b"@example.org')
    assert.equal(formatAddress({ local: 'Postmaster', domain: '' }), 'Postmaster')
    assert.equal(formatAddress(null), '')
  })

  it('holds an address in a literal', () => {
    assert.equal(parseAddressLiteral('[192.0.2.1]'), '192.0.2.1')
    assert.equal(parseAddressLiteral('[IPv6:2001:db8::1]'), '2001:db8::1')
    for (const text of ['192.0.2.1', '[010.0.0.1]', '[192.0.2.1', '[fe80::1]']) assert.equal(parseAddressLiteral(text), undefined)
  })
})
