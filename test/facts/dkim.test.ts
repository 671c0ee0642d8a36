import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dkim } from 'postern/facts'
import type { Zone } from 'postern/testing'
import { find, letter, messageOf } from './authentication.ts'
import { ed25519Key, keyRecord, rsaKey, type Signing, seconds, signed, writtenAt } from './signing.ts'

const key = rsaKey(2048)
const keyName = 's._domainkey.sender.example'
const zone: Zone = { [keyName]: { TXT: [keyRecord(key)] } }

const verify = (content: string, dns: Zone = zone, now = writtenAt) => find(dkim, { message: messageOf(content) }, dns, now)
const verifySigned = (tags: NonNullable<Signing['tags']>, dns: Zone = zone) => verify(signed(letter, { key, tags }), dns)
const resultsOf = async (content: string, dns: Zone = zone) => (await verify(content, dns)).map(({ result }) => result)

describe('dkim', () => {
  it('finds nothing in a message that is not signed', async () => {
    assert.deepEqual(await verify(letter), [])
  })

  it('says who has signed, with what, and how the signature begins', async () => {
    const [found] = await verifySigned(
      { d: 'Sender.Example', s: 'S' },
      { 'S._domainkey.Sender.Example': { TXT: [keyRecord(key)] } },
    )
    const { begins, ...rest } = found ?? {}
    assert.deepEqual(rest, {
      result: 'pass',
      domain: 'sender.example',
      selector: 's',
      algorithm: 'rsa-sha256',
      keyBits: 2048,
    })
    assert.match(begins ?? '', /^[\w+/]{8}$/)
  })

  it('passes a message that was folded and spaced anew on its way, as relaxed canonicalization allows', async () => {
    const refolded = signed(letter, { key }).replace('Subject: hello', 'SUBJECT:\r\n\thello').replace('how  are', 'how are  ')
    assert.deepEqual(await resultsOf(refolded.replace('are  ', 'are ')), ['pass'])
  })

  for (const [title, change] of Object.entries({
    From: (text: string) => text.replace('Ann <', 'Eve <'),
    To: (text: string) => text.replace('bob@our', 'eve@our'),
    Subject: (text: string) => text.replace('Subject: hello', 'Subject: hullo'),
    Date: (text: string) => text.replace('08:00:00', '08:00:01'),
    'Message-ID': (text: string) => text.replace('<1@', '<2@'),
    'the body': (text: string) => text.replace('Hello Bob', 'Hello Rob'),
  })) {
    it(`fails when ${title} was changed by one byte`, async () => {
      assert.deepEqual(await resultsOf(change(signed(letter, { key }))), ['fail'])
    })
  }

  it('DKIM-01: verifies ten signatures, and says of ten others that it has not looked at them', async () => {
    const many = Array.from({ length: 900 }).reduce<string>(
      content => `DKIM-Signature: v=1; d=junk.example\r\n${content}`,
      letter,
    )
    const found = await verify(many)
    assert.equal(found.filter(({ result }) => result === 'neutral').length, 10)
    assert.equal(found.filter(({ result }) => result === 'policy').length, 10)
    assert.deepEqual(found.at(-1), {
      result: 'policy',
      domain: 'junk.example',
      selector: '',
      algorithm: '',
      begins: '',
      why: 'one of more than 10 signatures',
    })
  })

  it('DKIM-01: a broken signature takes nothing from another one', async () => {
    const content = `DKIM-Signature: nonsense\r\n${signed(letter, { key })}`
    assert.deepEqual(await resultsOf(content), ['neutral', 'pass'])
  })

  it('DKIM-02: rsa-sha1 never passes', async () => {
    const [found] = await verifySigned({ a: 'rsa-sha1' })
    assert.notEqual(found?.result, 'pass')
  })

  it('DKIM-02: 512 bits never pass; 1024 do, and it is told', async () => {
    for (const [bits, result] of [
      [512, 'policy'],
      [1024, 'pass'],
    ] as const) {
      const weak = rsaKey(bits)
      const found = await verify(signed(letter, { key: weak }), { [keyName]: { TXT: [keyRecord(weak)] } })
      assert.deepEqual([found[0]?.result, found[0]?.keyBits], [result, bits === 512 ? undefined : bits])
    }
  })

  it('DKIM-03: ed25519-sha256 passes', async () => {
    const key = ed25519Key()
    const found = await verify(signed(letter, { key, tags: { a: 'ed25519-sha256' } }), { [keyName]: { TXT: [keyRecord(key)] } })
    assert.deepEqual([found[0]?.result, found[0]?.algorithm, found[0]?.keyBits], ['pass', 'ed25519-sha256', undefined])
  })

  it('DKIM-04: l= that leaves bytes unsigned does not pass, not even l=0', async () => {
    for (const length of ['0', '10']) {
      const [found] = await verify(`${signed(letter, { key, tags: { l: length } })}P.S.: pay here\r\n`)
      assert.equal(found?.result, 'policy')
      assert.match(found?.why ?? '', /^\d+ bytes are not signed$/)
    }
  })

  it('DKIM-04: l= that covers the whole body passes', async () => {
    const length = 'Hello Bob,\r\n\r\nhow are you?\r\n'.length
    assert.equal((await verifySigned({ l: String(length) }))[0]?.result, 'pass')
  })

  it('DKIM-04: the fourth way to hash the body is not even tried', async () => {
    const content = ['4', '3', '2', '1'].reduce((text, l) => signed(text, { key, tags: { l, h: 'From' } }), letter)
    const found = await verify(content)
    assert.deepEqual(
      found.map(({ why }) => why),
      [
        '27 bytes are not signed',
        '26 bytes are not signed',
        '25 bytes are not signed',
        'one of more than 3 ways to hash the body',
      ],
    )
  })

  it('a domain that is not in ASCII is nobody’s: its key was looked up by another spelling', async () => {
    // What is left of it when a soft hyphen is taken out is somebody else's domain.
    const [found] = await verify(signed(letter, { key, tags: { d: 'sender\u00ad.example' } }))
    assert.deepEqual([found?.domain, found?.result === 'pass'], ['', false])
  })

  it('DKIM-05: a signature that has expired does not pass', async () => {
    const tags = { t: seconds(writtenAt), x: seconds(writtenAt, 60) }
    const content = signed(letter, { key, tags })
    assert.equal((await verify(content))[0]?.result, 'pass')
    const [late] = await verify(content, zone, new Date(writtenAt.getTime() + 61_000))
    assert.deepEqual([late?.result, late?.why], ['neutral', 'expired'])
  })

  it('DKIM-05: one that was made in the future does not pass; clocks may differ by five minutes', async () => {
    const [found] = await verifySigned({ t: seconds(writtenAt, 301) })
    assert.deepEqual([found?.result, found?.why], ['policy', 'signed in the future'])
    assert.equal((await verifySigned({ t: seconds(writtenAt, 299) }))[0]?.result, 'pass')
    assert.equal((await verifySigned({ t: '999999999999' }))[0]?.result, 'policy')
  })

  it('DKIM-05: one that does not cover From does not pass', async () => {
    assert.equal((await verifySigned({ h: 'To:Subject' }))[0]?.result, 'neutral')
  })

  it('DKIM-05: nor one that covers only one of two From fields, wherever the other was put', async () => {
    const content = signed(letter, { key, tags: { h: 'From:Subject' } })
    for (const forged of [`From: eve@evil.example\r\n${content}`, content.replace('To:', 'From: eve@evil.example\r\nTo:')]) {
      assert.notEqual((await resultsOf(forged))[0], 'pass')
    }
    const [above] = await verify(`From: eve@evil.example\r\n${content}`)
    assert.deepEqual([above?.result, above?.why], ['policy', 'a From field is not signed'])
  })

  it('a From that was signed as absent may not be added', async () => {
    const content = signed(letter, { key, tags: { h: 'From:From:Subject' } })
    assert.deepEqual(await resultsOf(content), ['pass'])
    assert.deepEqual(await resultsOf(`From: eve@evil.example\r\n${content}`), ['fail'])
  })

  it('a line that is no field belongs to the field above it, and so breaks its signature', async () => {
    for (const line of ['no field', '\u00a0eve@evil.example', 'From\r\n: eve@evil.example']) {
      const forged = signed(letter, { key }).replace('\r\nTo:', `\r\n${line}\r\nTo:`)
      assert.notEqual((await resultsOf(forged))[0], 'pass', line)
    }
  })

  it('no key, a revoked one, and one that is no key are neutral; one that could not be asked for is a temperror', async () => {
    const keys: [Zone, string, RegExp][] = [
      [{}, 'neutral', /no key/],
      [{ [keyName]: { TXT: ['v=DKIM1; p='] } }, 'neutral', /invalid public key/],
      [{ [keyName]: { TXT: ['v=DKIM1; p=AAAA'] } }, 'neutral', /unknown key type/],
      [{ [keyName]: { TXT: [keyRecord(key, 'h=sha1; ')] } }, 'neutral', /inappropriate hash/],
      [{ [keyName]: { TXT: [keyRecord(key, 's=other; ')] } }, 'neutral', /not for email/],
      [{ [keyName]: { TXT: [keyRecord(key, `n=${'x'.repeat(4096)}; `)] } }, 'neutral', /no key/],
      [{ [keyName]: 'temperror' }, 'temperror', /SERVFAIL/],
    ]
    for (const [dns, result, why] of keys) {
      const [found] = await verifySigned({}, dns)
      assert.equal(found?.result, result)
      assert.match(found?.why ?? '', why)
    }
  })

  it('tells that a domain is only trying DKIM', async () => {
    const [found] = await verifySigned({}, { [keyName]: { TXT: [keyRecord(key, 't=y; ')] } })
    assert.deepEqual([found?.result, found?.isTest], ['pass', true])
  })

  it('does not pass on what is no domain, nor more of anything than fits', async () => {
    const tags = { d: 'evil.example"; dkim=pass (', s: 'x'.repeat(600) }
    const content = signed(letter, { key, tags }).replace('a=rsa-sha256', `a=rsa-sha${'2'.repeat(100)}`)
    const [found] = await verify(content)
    assert.deepEqual([found?.domain, found?.selector.length, found?.algorithm.length], ['', 255, 30])
  })
})
