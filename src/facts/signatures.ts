import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { arc, type TagList } from 'mailauth/lib/arc/index.js'
import { dkimVerify, type Signature } from 'mailauth/lib/dkim/verify.js'
import type { Look } from '../engine/fact.ts'
import type { Field } from '../mail/header.ts'
import type { Message } from '../mail/message.ts'
import { keep, type Range } from '../mail/range.ts'
import { mailauthResolver } from './mailauth-resolver.ts'

/** What one pass over a message finds: its signatures, and what seals it. */
export interface Signatures {
  readonly dkim: readonly Signature[]
  readonly arc: { readonly result: string; readonly comment?: string; readonly sets: readonly ArcSet[] }
  /** Fields that were not looked at, because there were too many of them, or they were too much. */
  readonly passedOver: readonly PassedOver[]
  /** The addresses of From, as mailauth reads them. */
  readonly headerFrom: readonly string[]
}

/** One hop's set of ARC fields (RFC 8617, 4): who sealed, and what it says it had found. */
export interface ArcSet {
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
  /** A body is hashed once for each length. */
  lengths: 2,
  fieldBytes: 16 * 1024,
  signedNames: 200,
  arcSets: 20,
} as const

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
  const passedOver = tooMuch(message.fields)
  const resolver = mailauthResolver(look)
  const content = Readable.from(
    pieces(
      message,
      passedOver.map(({ field }) => field),
    ),
    { objectMode: false },
  )
  const found = await dkimVerify(content, { resolver, strict: true, curTime: look.now() })
  const chain = await arc(found.arc, { resolver, strict: true })
  const { result, comment } = chain.status
  return {
    dkim: found.results,
    arc: { result, ...(comment !== undefined && { comment }), sets: setsOf(chain.chain) },
    passedOver,
    headerFrom: found.headerFrom,
  }
}

/** The signatures that are not verified. Their fields do not even reach the verifier. */
function tooMuch(fields: readonly Field[]): PassedOver[] {
  const lengths = new Set<string>()
  let count = 0
  const why = (field: Field): string | undefined => {
    if (field.end - field.start > limits.fieldBytes) return `longer than ${limits.fieldBytes} bytes`
    if (field.value.split(':').length > limits.signedNames) return `names more than ${limits.signedNames} fields`
    if (field.name !== 'dkim-signature') return undefined
    const length = /(?:^|;)\s*l\s*=\s*(\d*)/i.exec(field.value)?.[1]
    if (length !== undefined && lengths.add(length).size > limits.lengths) return `one of more than ${limits.lengths} lengths`
    count += 1
    return count > limits.signatures ? `one of more than ${limits.signatures} signatures` : undefined
  }
  const passed = fields.filter(isSignature).flatMap(field => {
    const reason = why(field)
    return reason === undefined ? [] : [{ field, why: reason }]
  })
  return [...passed, ...tooManySets(fields)].toSorted((a, b) => a.field.start - b.field.start)
}

function isSignature({ name }: Field): boolean {
  return name === 'dkim-signature' || name === 'arc-seal' || name === 'arc-message-signature'
}

/** A chain is judged as a whole: one that is too long is not looked at. */
function tooManySets(fields: readonly Field[]): PassedOver[] {
  const ours = fields.filter(({ name }) => name.startsWith('arc-'))
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
