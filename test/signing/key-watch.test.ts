import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { keyRecord, readPublication } from '../../src/signing/key-record.ts'
import { KeyWatch } from '../../src/signing/key-watch.ts'
import type { ZoneEntry } from '../../src/testing/zone-dns.ts'
import { zoneDns } from '../../src/testing/zone-dns.ts'
import { bothKeys } from './keys.ts'

const [rsa, ed25519] = bothKeys('sender.example')
const name = 'r._domainkey.sender.example'
const answer = (...records: string[]) => ({ status: 'found', records, ttlSeconds: 300, secure: false }) as const
const record = keyRecord(rsa)

describe('a record in the DNS', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const pkcs1 = createPublicKey(rsa.privateKey).export({ type: 'pkcs1', format: 'der' }).toString('base64')
  const fitting = {
    'as we print it': record,
    'without what need not be there': record.replace('v=DKIM1; k=rsa; ', ''),
    'with spaces, and tags that we do not know': record.replace(/p=(.{40})/, 'n=a note; t=y; h=sha1:sha256; s=email; p=$1 '),
    'with the key alone, as RFC 6376 says': `v=DKIM1; p=${pkcs1}`,
  }
  for (const [title, text] of Object.entries(fitting)) {
    it(`fits its key: ${title}`, () => assert.deepEqual(readPublication(rsa, answer(text)), { state: 'published' }))
  }

  const different = {
    'it is of another key': keyRecord({ privateKey: other }),
    'it is of a key of type ed25519': keyRecord(ed25519),
    'the key has been revoked': 'v=DKIM1; p=',
    'it has no p=': 'v=DKIM1; k=rsa',
    'h=sha1, which excludes sha256': record.replace('k=', 'h=sha1; k='),
    's=tlsrpt, which excludes email': record.replace('k=', 's=tlsrpt; k='),
    'v=DKIM2': record.replace('DKIM1', 'DKIM2'),
    'it is no list of tags': `"${record}"`,
  }
  for (const [why, text] of Object.entries(different)) {
    it(`does not fit: ${why}`, () => assert.deepEqual(readPublication(rsa, answer(text)), { state: 'different', why }))
  }

  it('does not fit when there are two', () => {
    const why = '2 TXT records instead of one'
    assert.deepEqual(readPublication(rsa, answer(record, record)), { state: 'different', why })
  })

  it('of Ed25519 fits its key', () =>
    assert.deepEqual(readPublication(ed25519, answer(keyRecord(ed25519))), { state: 'published' }))
})

describe('a key', () => {
  async function seenInTurn(...entries: (ZoneEntry | undefined)[]) {
    const zone: Record<string, ZoneEntry> = {}
    const news: string[] = []
    const report = ({ state, why = '' }: { state: string; why?: string }) => void news.push(`${state} ${why}`.trim())
    const watch = new KeyWatch({ keys: [rsa], dns: zoneDns(zone), report })
    const may: boolean[] = [watch.maySign(rsa)]
    for (const entry of entries) {
      delete zone[name]
      if (entry) zone[name] = entry
      await watch.look()
      may.push(watch.maySign(rsa))
    }
    return { may, news }
  }

  it('signs until its record is known to be missing or different, and again when it has been mended', async () => {
    const published = { TXT: [record] }
    const { may, news } = await seenInTurn(undefined, undefined, published, published, { TXT: [keyRecord(ed25519)] }, published)
    assert.deepEqual(may, [true, false, false, true, true, false, true])
    assert.deepEqual(news, ['missing no such name', 'published', 'different it is of a key of type ed25519', 'published'])
  })

  it('signs while nothing can be found out about it, unless it was known to be wrong', async () => {
    assert.deepEqual(await seenInTurn('temperror', 'temperror'), {
      may: [true, true, true],
      news: [`unknown SERVFAIL for ${name}`],
    })
    assert.deepEqual(await seenInTurn({ TXT: [record] }, 'temperror'), { may: [true, true, true], news: ['published'] })
    assert.deepEqual(await seenInTurn(undefined, 'temperror'), { may: [true, false, false], news: ['missing no such name'] })
  })

  it('is looked up at the start, and no more after the end', async () => {
    const dns = zoneDns({ [name]: { TXT: [record] } })
    const watch = new KeyWatch({ keys: [rsa, ed25519], dns, report: () => {} })
    await watch.start()
    watch.stop()
    assert.deepEqual(dns.questions, [`TXT ${name}`, 'TXT e._domainkey.sender.example'])
  })
})
