import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Dns } from '../../src/engine/dns.ts'
import { readUsualMessage } from '../../src/facts/dkim/usual-message.ts'
import { type Signatures, verifySignatures } from '../../src/facts/signatures.ts'
import { readSignedHeader } from '../../src/facts/signed-header.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { keep } from '../../src/mail/range.ts'
import { type Zone, zoneDns } from '../../src/testing/zone-dns.ts'

/** What mailauth is asked for when it does all of it: reads the stream, hashes the body, reads the keys. */
interface Mailauth {
  dkimVerify(
    message: Readable,
    options: { resolver: Resolver; strict: boolean; curTime: Date; sender: string },
  ): Promise<{ results: Signatures['dkim']; headerFrom: string[]; fromFields: number; arc: object }>
  arc(data: object, options: { resolver: Resolver; strict: boolean }): Promise<{ status: { result: string; comment?: string } }>
}

type Resolver = (name: string, type: string) => Promise<readonly unknown[]>

const require = createRequire(import.meta.url)
const { dkimVerify }: Mailauth = require('mailauth/lib/dkim/verify.js')
const { arc }: Mailauth = require('mailauth/lib/arc/index.js')

interface Case {
  readonly content: Buffer
  /** The records of keys by their names in lower case; an error code is what a question ends with. */
  readonly records: Readonly<Record<string, string>>
  /** Where the message is cut into the pieces in which it comes. */
  readonly cuts: readonly number[]
  readonly now: Date
}

/** Fails if we find anything else about a message than mailauth does, from which we have the rules, when it does all by itself. */
export async function compareOne({ content, records, cuts, now }: Case): Promise<{ isUsual: boolean; passed: number }> {
  const message = cut(content, cuts)
  const { passedOver, ...found } = await verifySignatures(message, look(records, now))
  const shown = Buffer.concat(
    keep(
      content,
      0,
      passedOver.map(({ field }) => field),
    ),
  )
  const expected = await verifyByMailauth(shown, records, now)
  const { fields, isPlain } = await readSignedHeader(message)
  assert.deepEqual(worthOf(found), expected)
  const passed = found.dkim.filter(({ status }) => status.result === 'pass').length
  return { isUsual: isPlain && readUsualMessage(fields) !== undefined, passed }
}

function cut(content: Buffer, cuts: readonly number[]): MemoryMessage {
  const places = [0, ...cuts.map(at => at % (content.length + 1)).toSorted((a, b) => a - b), content.length]
  return new MemoryMessage(...places.slice(1).map((end, at) => content.subarray(places[at], end)))
}

function look(records: Case['records'], now: Date) {
  const existing = Object.entries(records).filter(([, record]) => record !== 'ENOTFOUND')
  const zone: Zone = Object.fromEntries(
    existing.map(([name, record]) => [name, { TXT: record === 'ESERVFAIL' ? 'temperror' : [record] }]),
  )
  const dns = zoneDns(zone)
  // Names have no case, but those of the literal do.
  const query: Dns['query'] = (type, name) => dns.query(type, name.toLowerCase())
  return { dns: { query }, signal: new AbortController().signal, now: () => now }
}

async function verifyByMailauth(content: Buffer, records: Case['records'], now: Date) {
  const resolver: Resolver = async name => {
    const found = records[name.toLowerCase()] ?? 'ENOTFOUND'
    if (/^E[A-Z]+$/.test(found)) throw Object.assign(new Error(`${name}: no answer`), { code: found })
    return [[found]]
  }
  const options = { resolver, strict: true, curTime: now, sender: 'nobody@gateway.invalid' }
  const found = await dkimVerify(Readable.from([content], { objectMode: false }), options)
  const { result, comment } = (await arc(found.arc, { resolver, strict: true })).status
  return worthOf({ ...found, dkim: found.results, arc: { result, ...(comment !== undefined && { comment }), sets: [] } })
}

/** What anything of ours reads of what was found. */
function worthOf({ dkim, arc, headerFrom, fromFields }: Omit<Signatures, 'passedOver'>) {
  // That a message is not signed is a result for mailauth, which our facts leave out.
  const signatures = dkim.filter(({ status }) => status.result !== 'none').map(readSignature)
  return { signatures, arc: { result: arc.result, comment: arc.comment }, headerFrom: [...headerFrom], fromFields }
}

function readSignature(found: Signatures['dkim'][number]): object {
  const { signingDomain, selector, signature, algo, status, signTime, modulusLength, signingHeaders } = found
  const { result, comment, underSized, testing, policy } = status
  const names = signingHeaders?.keys.toLowerCase()
  const about = { signingDomain, selector, signature, algo, signTime: signTime ?? null, modulusLength, names }
  return { ...about, result, comment, underSized: underSized ?? 0, testing: testing ?? false, policy: policy?.['dkim-rules'] }
}
