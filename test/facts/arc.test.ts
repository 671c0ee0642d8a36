import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { arc } from 'postern/facts'
import type { Zone } from 'postern/testing'
import { find, letter, messageOf } from './authentication.ts'
import { keyRecord, rsaKey, sealed } from './signing.ts'

const key = rsaKey(2048)
const zone: Zone = {
  's._domainkey.list.example': { TXT: [keyRecord(key)] },
  's._domainkey.forwarder.example': { TXT: [keyRecord(key)] },
}
const results = 'spf=pass smtp.mailfrom=sender.example; dkim=pass header.d=sender.example; dmarc=pass header.from=sender.example'

const verify = (content: string, dns: Zone = zone) => find(arc, { message: messageOf(content) }, dns)
const seal = (content: string, domain: string, instance: number, said = results) =>
  sealed(content, { key, domain, instance, results: said })

const once = seal(letter, 'list.example', 1)
const twice = seal(once, 'forwarder.example', 2, 'arc=pass; dmarc=fail header.from=sender.example')

describe('arc', () => {
  it('finds no chain in a message that has none', async () => {
    assert.deepEqual(await verify(letter), { result: 'none', sets: [] })
  })

  it('says who has sealed, in order, and what each says of DMARC', async () => {
    assert.deepEqual(await verify(once), { result: 'pass', sets: [{ sealer: 'list.example', dmarc: 'pass' }] })
    assert.deepEqual(await verify(twice), {
      result: 'pass',
      sets: [
        { sealer: 'list.example', dmarc: 'pass' },
        { sealer: 'forwarder.example', dmarc: 'fail' },
      ],
    })
  })

  it('a hop that says nothing of DMARC has said nothing', async () => {
    const { sets } = await verify(seal(letter, 'list.example', 1, 'spf=pass'))
    assert.deepEqual(sets, [{ sealer: 'list.example', dmarc: '' }])
  })

  it('fails when what a hop has said was changed, or the message was', async () => {
    const forgeries = [
      twice.replace('dmarc=fail', 'dmarc=pass'),
      twice.replace(/(i=1; list\.example; .*)dmarc=pass/, '$1dmarc=fail'),
      twice.replace('Subject: hello', 'Subject: hullo'),
      twice.replace('Hello Bob', 'Hello Rob'),
    ]
    for (const content of forgeries) {
      assert.notEqual(content, twice)
      const found = await verify(content)
      assert.equal(found.result, 'fail')
      assert.match(found.why ?? '', /^i=2 /)
    }
  })

  it('fails when the chain has a gap, the wrong state, a field twice, or begins in the middle', async () => {
    const chains = {
      'no first set': twice.replaceAll(/^ARC-[\w-]+: i=1;.*\r\n/gm, ''),
      'no seal': twice.replaceAll(/^ARC-Seal: i=2;.*\r\n/gm, ''),
      'a field twice': `${/^ARC-Seal: i=2;.*\r\n/m.exec(twice)?.[0]}${twice}`,
      'cv=fail': twice.replace('cv=pass', 'cv=fail'),
      'a first set after nothing': once.replace('cv=none', 'cv=pass'),
    }
    for (const [title, content] of Object.entries(chains)) assert.equal((await verify(content)).result, 'fail', title)
  })

  it('fails when a key is not there, or cannot be asked for', async () => {
    assert.equal((await verify(once, {})).result, 'fail')
    assert.equal((await verify(once, { 's._domainkey.list.example': 'temperror' })).result, 'fail')
  })

  it('a set that pretends to be of everybody pollutes nothing', async () => {
    const instances = ['__proto__', 'constructor', '1', '01', '51', '999999999', '-1']
    const said = [
      '__proto__=x; constructor=y',
      '__proto__.dmarc=pass; dmarc=pass a.__proto__.b=c header.__proto__=d',
      'toString=1; dmarc=pass',
    ]
    for (const i of instances) {
      for (const text of said) {
        const content = `ARC-Seal: i=${i}; __proto__=x; cv=none; a=rsa-sha256; d=x.example; s=s; b=AA\r\nARC-Message-Signature: i=${i}; constructor=y; a=rsa-sha256; d=x.example; s=s; h=from; bh=AA; b=AA\r\nARC-Authentication-Results: i=${i}; x.example; ${text}\r\n${letter}`
        assert.equal((await verify(content)).result, 'fail')
      }
    }
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal(Reflect.get({}, 'dmarc') ?? Reflect.get({}, 'x'), undefined)
    assert.equal(typeof {}.toString, 'function')
  })

  it('a chain of more than 20 sets fails, and so does one with a field that is too long', async () => {
    const long = Array.from({ length: 21 }, (_, at) => at + 1).reduce(
      (content, instance) => seal(content, 'list.example', instance),
      letter,
    )
    assert.deepEqual(await verify(long), { result: 'fail', sets: [], why: 'part of more than 20 sets' })
    const wordy = seal(letter, 'list.example', 1, `${results}; x-${'y'.repeat(20_000)}=pass`)
    assert.deepEqual(await verify(wordy), { result: 'fail', sets: [], why: 'longer than 16384 bytes' })
  })

  it('twenty sets, each with a lot to say, are verified', async () => {
    const said = `dmarc=pass; ${'spf=pass '.repeat(1000)}`
    const content = Array.from({ length: 20 }, (_, at) => at + 1).reduce(
      (text, instance) => seal(text, 'list.example', instance, said),
      letter,
    )
    const { result, sets } = await verify(content)
    assert.deepEqual([result, sets.length, sets.at(-1)?.dmarc], ['pass', 20, 'pass'])
  })
})
