import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { arc } from '../../src/facts/index.ts'
import { Sealer, type SealingNews } from '../../src/signing/sealer.ts'
import type { SigningKey } from '../../src/signing/signing-key.ts'
import { type Zone, zoneDns } from '../../src/testing/zone-dns.ts'
import { find, letter, messageOf } from '../facts/authentication.ts'
import { compareOne } from '../facts/by-mailauth.ts'
import { sealed, writtenAt } from '../facts/signing.ts'
import { trace } from '../relay/trace.ts'
import { bytesOf } from './bytes-of.ts'
import { bothKeys, zoneWith } from './keys.ts'

const [rsa, ed25519] = bothKeys('gate.example')
const zone = zoneWith([rsa, ed25519])
const records = Object.fromEntries(Object.entries(zone).map(([name, entry]) => [name, (entry as { TXT: string[] }).TXT[0] ?? '']))
const verify = (content: string, dns: Zone = zone) => find(arc, { message: messageOf(content) }, dns)

interface Hop {
  readonly key?: SigningKey
  readonly dns?: Zone
  readonly maySign?: boolean
  readonly found?: unknown
}

/** One hop: it verifies the chain, notes that SPF passes, and seals. */
async function seal(content: string, { key = rsa, dns = zone, maySign = true, ...given }: Hop = {}) {
  const news: SealingNews[] = []
  const sealer = new Sealer({
    key,
    maySign: () => maySign,
    authservId: 'mx.gate.example',
    dns: zoneDns(dns),
    now: () => writtenAt,
    report: each => news.push(each),
  })
  const found = 'found' in given ? given.found : await verify(content, dns)
  const spf = { fact: 'spf', value: { result: 'pass', domain: 'sender.example', identity: 'mailfrom' }, ms: 1 }
  const facts = [spf, ...(found === undefined ? [] : [{ fact: 'arc', value: found, ms: 1 }])]
  const message = await sealer.seal(messageOf(content), trace({ facts }))
  return { content: (await bytesOf(message)).toString('latin1'), news }
}

const sealsIn = (content: string) => content.match(/^ARC-Seal:/gm)?.length ?? 0
const whyNot = ({ news: [news] }: { readonly news: readonly SealingNews[] }) => (news && 'why' in news ? news.why : undefined)

describe('a seal', () => {
  it('stands on top with its set, says what we have found, and is verified by ourselves and by mailauth', async () => {
    for (const key of [rsa, ed25519]) {
      const { content, news } = await seal(letter, { key })
      assert.deepEqual(news, [{ result: 'sealed' }])
      assert.ok(content.endsWith(letter))
      const names = content.slice(0, -letter.length).match(/^[\w-]+(?=:)/gm)
      assert.deepEqual(names, ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'])
      assert.match(content, /^ARC-Authentication-Results: i=1; mx\.gate\.example; spf=pass\s+smtp\.mailfrom=sender\.example\r\n/m)
      assert.deepEqual(await verify(content), { result: 'pass', sets: [{ sealer: 'gate.example', dmarc: '' }] })
      await compareOne({ content: Buffer.from(content, 'latin1'), records, cuts: [], now: writtenAt })
    }
  })

  it('continues a chain hop after hop, as far as we verify one', async () => {
    let content = letter
    for (let hop = 1; hop <= 20; hop++) {
      content = (await seal(`Received: by hop-${hop}.example\r\n${content}`, { key: hop % 2 ? rsa : ed25519 })).content
      const { result, sets } = await verify(content)
      assert.deepEqual([result, sets.length], ['pass', hop])
    }
    await compareOne({ content: Buffer.from(content, 'latin1'), records, cuts: [], now: writtenAt })
    assert.equal(whyNot(await seal(content)), '20 hops have sealed it')
  })

  it('covers the signatures of others', async () => {
    const { content } = await seal(`DKIM-Signature: v=1; b=AAAA\r\n${letter}`)
    assert.equal((await verify(content)).result, 'pass')
    assert.equal((await verify(content.replace('b=AAAA', 'b=AAAB'))).result, 'fail')
  })

  it('continues the chain of others', async () => {
    const others = sealed(letter, { key: rsa.privateKey, domain: 'list.example', instance: 1, results: 'dmarc=pass' })
    const known = { ...zone, 's._domainkey.list.example': zone['r._domainkey.gate.example'] ?? 'temperror' }
    const { content } = await seal(others, { dns: known })
    assert.equal((await verify(content, known)).result, 'pass')
    assert.deepEqual(
      (await verify(content, known)).sets.map(({ sealer }) => sealer),
      ['list.example', 'gate.example'],
    )
  })

  const value = fc.array(fc.constantFrom('word', ' ', '\t', '\r\n ', ';', ':', 'b=', '\u00e9', '\u00a0'), { maxLength: 8 })
  const field = fc.tuple(fc.constantFrom('To', 'Subject', 'DKIM-Signature', 'X-Other'), value)
  const body = fc.array(fc.constantFrom('word', ' ', '\t', '\r\n', '\r\n\r\n', '\u00e9'), { maxLength: 12 })

  it('holds for any message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 5 }), body, async (fields, body) => {
        const header = fields.map(([name, value]) => `${name}: ${value.join('')}\r\n`).join('')
        const { content } = await seal(`From: ann@sender.example\r\n${header}\r\n${body.join('')}`)
        assert.equal((await verify(content)).result, 'pass')
        const { content: twice } = await seal(content)
        assert.equal((await verify(twice)).result, 'pass')
        await compareOne({ content: Buffer.from(twice, 'latin1'), records, cuts: [], now: writtenAt })
      }),
      { numRuns: 60 },
    )
  })
})

describe('a chain that is broken', () => {
  it('is said to be broken once, and never sealed again', async () => {
    const { content: once } = await seal(letter)
    const broken = once.replace('Subject: hello', 'Subject: [list] hello')
    const { content: told } = await seal(broken)
    assert.match(told, /^ARC-Seal: i=2; .* cv=fail;/m)
    assert.equal((await verify(told)).result, 'fail')
    const again = await seal(told)
    assert.equal(again.content, told)
    assert.equal(whyNot(again), 'its chain is broken, and somebody has said so')
  })

  it('has a new number even when the old ones have gaps', async () => {
    const { content: once } = await seal(letter)
    const { content } = await seal(once.replaceAll('i=1;', 'i=7;'))
    assert.equal(sealsIn(content), 2)
    assert.match(content, /^ARC-Seal: i=8; .* cv=fail;/m)
  })

  it('is left alone when a key could not be looked up: the next one may be able to', async () => {
    const { content: once } = await seal(letter)
    const unsealed = await seal(once, { dns: { 'r._domainkey.gate.example': 'temperror' } })
    assert.equal(unsealed.content, once)
    assert.equal(whyNot(unsealed), 'its chain could not be verified for now')
  })
})

it('nothing is sealed that was not verified, or with a key that is not published', async () => {
  assert.equal(whyNot(await seal(letter, { found: undefined })), 'its chain has not been verified')
  assert.equal(whyNot(await seal(letter, { maySign: false })), 'the key is not published as it must be')
})
