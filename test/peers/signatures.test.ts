import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { dkim } from 'postern/facts'
import { findFact, zoneDns } from 'postern/testing'
import { MemoryMessage } from '../../src/mail/message.ts'
import { compareOne } from '../facts/by-mailauth.ts'
import { junkSignature } from '../facts/hostile-mail.ts'
import { longestWait } from '../facts/longest-wait.ts'
import { signedMail } from '../facts/signed-mail.ts'
import { keyRecord, writtenAt } from '../facts/signing.ts'
import { corpora, needsCorpus, readCorpusJson, zoneOf } from './support/corpus.ts'

describe('signatures that we verify ourselves are worth what they are worth for mailauth', () => {
  test('in mail of all kinds', async t => {
    const seen = { all: 0, usual: 0, passed: 0 }
    const cuts = fc.array(fc.nat(), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(signedMail, cuts, async ({ content, records }, cuts) => {
        const { isUsual, passed } = await compareOne({ content, records, cuts, now: writtenAt })
        seen.all++
        if (isUsual) seen.usual++
        if (isUsual && passed > 0) seen.passed++
      }),
      { numRuns: 1500 },
    )
    t.diagnostic(JSON.stringify(seen))
  })
})

describe('mail of others', { skip: needsCorpus('realworld') }, () => {
  const files = readdirSync(corpora, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.eml'))
  const cases = [...readCorpusJson('dkim/cases.json'), ...readCorpusJson('arc/cases.json')] as { file: string; dns: object }[]
  const records = Object.assign({}, ...cases.map(({ dns }) => recordsIn(dns)))

  test('as it has come, and with the line ends of the wire', async t => {
    const seen = { all: 0, usual: 0, passed: 0 }
    for (const file of files) {
      const content = readFileSync(join(corpora, file))
      const onTheWire = Buffer.from(content.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
      for (const bytes of [content, onTheWire]) {
        const { isUsual, passed } = await compare(file, { content: bytes, records })
        seen.all++
        if (isUsual) seen.usual++
        seen.passed += passed
      }
    }
    t.diagnostic(JSON.stringify(seen))
    assert.ok(seen.usual > seen.all / 3 && seen.passed > 20, JSON.stringify(seen))
  })

  for (const canonicalization of ['simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed']) {
    test(`signed anew, ${canonicalization}`, async t => {
      const seen = { all: 0, usual: 0, passed: 0 }
      for (const file of files) {
        const content = await signedAnew(readFileSync(join(corpora, file)), canonicalization)
        const { isUsual, passed } = await compare(file, { content, records: newRecords })
        seen.all++
        if (isUsual) seen.usual++
        if (isUsual && passed > 0) seen.passed++
      }
      t.diagnostic(JSON.stringify(seen))
      assert.ok(seen.usual > seen.all / 3 && seen.passed > 0.9 * seen.usual, JSON.stringify(seen))
    })
  }
})

describe('a large message with ten signatures', () => {
  const bytes = 32_000_000
  const bodies = {
    'of text': 'Text, and  more of it. \r\n',
    'of one line': 'x',
    'of empty lines': '\r\n',
    'of white space': ' \t',
    'of lone CRs': '\r',
  }
  for (const [title, piece] of Object.entries(bodies)) {
    test(`takes less than two seconds of our time, and never more than 50 ms at once: ${title}`, async () => {
      const ways = ['relaxed/relaxed', 'simple/simple', 'relaxed/simple; l=30000000']
      const header = Array.from({ length: 10 }, (_, n) => junkSignature().replace('relaxed/relaxed', ways[n % 3] ?? '')).join('')
      const body = Buffer.from(`\r\n${piece.repeat(bytes / piece.length)}`)
      const message = new MemoryMessage(Buffer.from(`From: a@sender.example\r\n${header}`), body)
      const before = process.threadCpuUsage()
      const { result, wait } = await longestWait(() => findFact(dkim, { message }, zoneDns({})))
      const { user, system } = process.threadCpuUsage(before)
      assert.equal(result.length, 10)
      assert.ok(wait.cpuMs < 50 && user + system < 2_000_000, JSON.stringify({ ...wait, totalMs: (user + system) / 1000 }))
    })
  }
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const newRecords = { 's._domainkey.signer.example': keyRecord(privateKey) }

async function signedAnew(original: Buffer, canonicalization: string): Promise<Buffer> {
  const content = Buffer.from(original.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
  const signatureData = [{ signingDomain: 'signer.example', selector: 's', privateKey: pem, canonicalization }]
  const { signatures } = await dkimSign(content, { canonicalization, signTime: writtenAt, signatureData })
  return Buffer.concat([Buffer.from(signatures), content])
}

async function compare(
  file: string,
  { content, records }: { readonly content: Buffer; readonly records: Record<string, string> },
) {
  try {
    return await compareOne({ content, records, cuts: [1000, 5000, 70_000], now: writtenAt })
  } catch (cause) {
    throw new Error(`${file} is worth something else for mailauth`, { cause })
  }
}

/** The first TXT record of each name; a name about which nothing can be found out has an error. */
function recordsIn(dns: object): Record<string, string> {
  const entries = Object.entries(zoneOf(dns as never)).map(([name, entry]) => {
    const texts = typeof entry === 'object' ? (entry as { TXT?: readonly string[] | string }).TXT : entry
    return [name, typeof texts === 'object' ? (texts[0] ?? 'ENOTFOUND') : 'ESERVFAIL']
  })
  return Object.fromEntries(entries)
}
