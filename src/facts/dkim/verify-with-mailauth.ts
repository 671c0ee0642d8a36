import { type ArcData, arc, type TagList } from 'mailauth/lib/arc/index.js'
import { DkimVerifier, type MailauthBodyHash } from 'mailauth/lib/dkim/dkim-verifier.js'
import type { Signature } from 'mailauth/lib/dkim/verify.js'
import { parseHeaders } from 'mailauth/lib/tools.js'
import type { SignedField } from '../signed-header.ts'
import type { BodyHash, BodyHashes, BodyWay } from './body-hashes.ts'
import type { KeyRing } from './key-ring.ts'

/** What was found out about a message by its header. */
export interface Verified {
  readonly dkim: readonly Signature[]
  readonly arc: { readonly result: string; readonly comment?: string; readonly sets: readonly ArcSet[] }
  readonly headerFrom: readonly string[]
  readonly fromFields: number
}

/** One hop's set of ARC fields (RFC 8617, 4): who sealed, and what it says it had found. */
export interface ArcSet {
  readonly sealer: string
  readonly dmarc: string
}

/** What a message is verified with. */
export interface Given {
  /** Without those that are too much. */
  readonly fields: readonly SignedField[]
  readonly hashes: BodyHashes
  readonly keys: KeyRing
  readonly now: Date
  /** Reads the body, when it is known which hashes are needed. */
  readonly hashBody: () => Promise<void>
}

/** One of our hashes as mailauth reads it. */
class OurHash implements MailauthBodyHash {
  readonly #hash: BodyHash

  constructor(hash: BodyHash) {
    this.#hash = hash
  }

  get bodyHashedBytes(): number {
    return this.#hash.hashedBytes
  }

  get canonicalizedLength(): number {
    return this.#hash.totalBytes
  }

  digest(): string {
    return this.#hash.digest()
  }

  // Where the first part of the message begins: nobody asks for it.
  setContentType(): void {}
  getMimeStructureStart(): undefined {}
}

/** mailauth's verifier with our hashes and our keys: only what is in a header is left to it. */
class HeaderVerifier extends DkimVerifier {
  readonly #hashes: BodyHashes

  constructor(hashes: BodyHashes, keys: KeyRing, now: Date) {
    // With no `sender` it would look for one in Return-Path, however long that is.
    super({ resolver: keys.resolver, strict: true, curTime: now, sender: 'nobody@gateway.invalid' })
    this.#hashes = hashes
    this.keyCache = keys
    this.arc.keyCache = keys
  }

  override addBodyHash(form: BodyWay['form'], algorithm: BodyWay['algorithm'], length: number | ''): string {
    const key = `${form}:${algorithm}:${length}`
    const way = { form, algorithm, ...(length !== '' && { length }) }
    if (!this.bodyHashes.has(key)) this.bodyHashes.set(key, new OurHash(this.#hashes.hash(way)))
    return key
  }
}

/** Verifies signatures and seals that are not usual, with all the care of mailauth. */
export async function verifyWithMailauth({ fields, hashes, keys, now, hashBody }: Given): Promise<Verified> {
  const verifier = new HeaderVerifier(hashes, keys, now)
  await verifier.messageHeaders(parseHeaders(Buffer.from(fields.map(({ text }) => text).join(''), 'latin1')))
  if (hashes.count > 0) await hashBody()
  await verifier.finalChunk()
  // Where a chain passes, mailauth moves elsewhere what the last set says.
  const sets = setsOf(verifier.arc.chain)
  const { result, comment } = (await arc(verifier.arc, { resolver: keys.resolver, strict: true })).status
  const { results, headerFrom, fromFields } = verifier
  return { dkim: results, arc: { result, ...(comment !== undefined && { comment }), sets }, headerFrom, fromFields }
}

function setsOf(chain: ArcData['chain']): ArcSet[] {
  if (!chain) return []
  return chain.map(set => ({
    sealer: text((set['arc-seal'] as TagList | undefined)?.parsed?.d?.value).toLowerCase(),
    dmarc: text((set['arc-authentication-results'] as TagList | undefined)?.parsed?.dmarc?.value).toLowerCase(),
  }))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
