import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { arc, type TagList } from 'mailauth/lib/arc/index.js'
import { dkimVerify, type Signature } from 'mailauth/lib/dkim/verify.js'
import type { Look } from '../engine/fact.ts'
import { type Field, headerLimits } from '../mail/header.ts'
import type { Message } from '../mail/message.ts'
import { keep, type Range } from '../mail/range.ts'
import { mailauthResolver } from './mailauth-resolver.ts'
import { readSignedHeader, type SignedHeader } from './signed-header.ts'

/** What one pass over a message finds: its signatures, and what seals it. */
export interface Signatures {
  readonly dkim: readonly Signature[]
  readonly arc: { readonly result: string; readonly comment?: string; readonly sets: readonly ArcSet[] }
  /** Fields that were not looked at, because there were too many of them, or they were too much. */
  readonly passedOver: readonly PassedOver[]
  /** The addresses of From, as mailauth reads them. None of a From that is not read. */
  readonly headerFrom: readonly string[]
  /** How many From fields there are for mailauth. */
  readonly fromFields: number
}

/** One hop's set of ARC fields (RFC 8617, 4): who sealed, and what it says it had found. */
interface ArcSet {
  readonly sealer: string
  readonly dmarc: string
}

export interface PassedOver {
  readonly field: Field
  readonly why: string
}

/** More than honest mail has of anything; beyond it, an attacker's mail would keep us busy for seconds (DKIM-01). */
const limits = {
  signatures: 10,
  /** A body is hashed once for each canonicalisation, algorithm and length. */
  hashes: 3,
  signatureBytes: 8 * 1024,
  signedNames: 200,
  /** To see where they end takes a time that grows with their square. */
  spacesInARow: 100,
  arcSets: 20,
  /** Of one field: to join them takes a time that grows with their square. */
  lines: 200,
  headerLines: 10_000,
  fromBytes: 8 * 1024,
  /** It is read once for each signature. */
  contentTypeBytes: 4 * 1024,
  /** What a hop says that it had found. */
  resultsBytes: 16 * 1024,
} as const

/** Ten keys at once, and twenty of ARC one after the other: who is slower than that has no keys. */
const budget = { ms: 12_000, questions: 40 } as const

/** Between two pieces of a body others are served. */
const pieceBytes = 64 * 1024

const known = new WeakMap<Message, Promise<Signatures>>()

/** Verifies all signatures of a message in one pass, whoever asks first. */
export function verifySignatures(message: Message, look: Pick<Look<'message'>, 'dns' | 'signal' | 'now'>): Promise<Signatures> {
  const begun = known.get(message) ?? verify(message, look)
  known.set(message, begun)
  return begun
}

async function verify(message: Message, look: Pick<Look<'message'>, 'dns' | 'signal' | 'now'>): Promise<Signatures> {
  const header = await readSignedHeader(message)
  const trouble = troubleWith(header)
  if (trouble !== undefined) return unread(header, trouble)
  const passedOver = tooMuch(header.fields)
  const without = passedOver.map(({ field }) => field)
  const resolver = mailauthResolver(look, budget)
  const found = await dkimVerify(Readable.from(pieces(message, without), { objectMode: false }), {
    resolver,
    strict: true,
    curTime: look.now(),
    // Else it would look for one in Return-Path, however long that is.
    sender: 'nobody@gateway.invalid',
  })
  // Where a chain passes, mailauth moves elsewhere what the last set says.
  const sets = setsOf(found.arc.chain)
  const { result, comment } = (await arc(found.arc, { resolver, strict: true })).status
  return {
    dkim: found.results,
    arc: { result, ...(comment !== undefined && { comment }), sets },
    passedOver,
    headerFrom: found.headerFrom,
    fromFields: found.fromFields,
  }
}

/** Why mailauth does not get to see a message. */
function troubleWith({ fields, isWhole }: SignedHeader): string | undefined {
  if (!isWhole) return `in a header of more than ${headerLimits.bytes} bytes`
  if (fields.length > headerLimits.fields) return `in a header of more than ${headerLimits.fields} fields`
  if (fields.some(({ lines }) => lines > limits.lines)) return `in a header with more than ${limits.lines} lines in a field`
  const lines = fields.reduce((sum, field) => sum + field.lines, 0)
  if (lines > limits.headerLines) return `in a header of more than ${limits.headerLines} lines`
  if (bytesOf(fields, 'from') > limits.fromBytes) return `in a header with more than ${limits.fromBytes} bytes of From`
  const isLong = bytesOf(fields, 'content-type') > limits.contentTypeBytes
  return isLong ? `in a header with more than ${limits.contentTypeBytes} bytes of Content-Type` : undefined
}

function bytesOf(fields: readonly Field[], name: string): number {
  return fields.reduce((sum, field) => (field.name === name ? sum + field.end - field.start : sum), 0)
}

function unread({ fields }: SignedHeader, why: string): Signatures {
  const passedOver = fields.filter(isSignature).map(field => ({ field, why }))
  return { dkim: [], arc: { result: 'none', sets: [] }, passedOver, headerFrom: [], fromFields: 0 }
}

/** The signatures that are not verified. Their fields do not even reach the verifier. */
function tooMuch(fields: readonly Field[]): PassedOver[] {
  const hashes = new Set<string>()
  let count = 0
  const why = (field: Field): string | undefined => {
    const reason = whyNot(field)
    if (reason !== undefined || field.name !== 'dkim-signature') return reason
    if (hashes.add(hashOf(field.value)).size > limits.hashes) return `one of more than ${limits.hashes} ways to hash the body`
    count += 1
    return count > limits.signatures ? `one of more than ${limits.signatures} signatures` : undefined
  }
  const passed = fields.filter(isSignature).flatMap(field => {
    const reason = why(field)
    return reason === undefined ? [] : [{ field, why: reason }]
  })
  return [...passed, ...tooManySets(fields)].toSorted((a, b) => a.field.start - b.field.start)
}

const canonicalisationTag = /(?:^|;)\s*c\s*=([^;]*)/i
const algorithmTag = /(?:^|;)\s*a\s*=([^;]*)/i
const lengthTag = /(?:^|;)\s*l\s*=([^;]*)/i

/** What decides how the body is hashed (RFC 6376, 3.7). */
function hashOf(signature: string): string {
  const tag = (pattern: RegExp) => pattern.exec(signature)?.[1]?.replaceAll(/\s/g, '').toLowerCase() ?? ''
  return [tag(canonicalisationTag).split('/')[1] ?? 'simple', tag(algorithmTag).split('-')[1], tag(lengthTag)].join(' ')
}

function whyNot({ name, start, end, value }: Field): string | undefined {
  const most = name === 'arc-authentication-results' ? limits.resultsBytes : limits.signatureBytes
  if (end - start > most) return `longer than ${most} bytes`
  if (name === 'arc-authentication-results') return undefined
  if (value.split(':').length > limits.signedNames) return `names more than ${limits.signedNames} fields`
  return manySpaces.test(value) ? `has more than ${limits.spacesInARow} spaces in a row` : undefined
}

const manySpaces = new RegExp(`\\s{${limits.spacesInARow + 1}}`)

function isSignature({ name }: Field): boolean {
  return name === 'dkim-signature' || arcFields.includes(name)
}

const arcFields: readonly string[] = ['arc-seal', 'arc-message-signature', 'arc-authentication-results']

/** A chain is judged as a whole: one that is too long is not looked at. */
function tooManySets(fields: readonly Field[]): PassedOver[] {
  const ours = fields.filter(({ name }) => arcFields.includes(name))
  if (ours.filter(({ name }) => name === 'arc-seal').length <= limits.arcSets && ours.length <= 3 * limits.arcSets) return []
  return ours.map(field => ({ field, why: `part of more than ${limits.arcSets} sets` }))
}

async function* pieces(message: Message, without: readonly Range[]): AsyncGenerator<Buffer> {
  let at = 0
  for await (const chunk of message.chunks()) {
    for (const part of keep(chunk, at, without)) {
      for (let start = 0; start < part.length; start += pieceBytes) {
        if (start > 0 || at > 0) await setImmediate()
        yield part.subarray(start, start + pieceBytes)
      }
    }
    at += chunk.length
  }
}

function setsOf(chain: readonly { readonly [field: string]: unknown }[] | false): ArcSet[] {
  if (!chain) return []
  return chain.map(set => ({
    sealer: text((set['arc-seal'] as TagList | undefined)?.parsed?.d?.value).toLowerCase(),
    dmarc: text((set['arc-authentication-results'] as TagList | undefined)?.parsed?.dmarc?.value).toLowerCase(),
  }))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
