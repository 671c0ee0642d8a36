import type { Signature } from 'mailauth/lib/dkim/verify.js'
import type { Look } from '../engine/fact.ts'
import type { Message } from '../mail/message.ts'
import { BodyHashes } from './dkim/body-hashes.ts'
import { hashBody } from './dkim/hash-body.ts'
import { KeyRing } from './dkim/key-ring.ts'
import { isSignature, type PassedOver, tooMuch, troubleWith } from './dkim/limits.ts'
import { readUsualMessage, verifyUsualMessage } from './dkim/usual-message.ts'
import { type ArcSet, verifyWithMailauth } from './dkim/verify-with-mailauth.ts'
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

/** Ten keys at once, and twenty of ARC one after the other: who is slower than that has no keys. */
const budget = { ms: 12_000, questions: 40 } as const

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
  const without = new Set(passedOver.map(({ field }) => field))
  const fields = without.size > 0 ? header.fields.filter(field => !without.has(field)) : header.fields
  const hashes = new BodyHashes()
  const given = {
    fields,
    hashes,
    keys: new KeyRing(mailauthResolver(look, budget)),
    now: look.now(),
    hashBody: () => hashBody(message, header.bodyStart, hashes),
  }
  const usual = header.isPlain ? readUsualMessage(fields) : undefined
  return { ...(usual ? await verifyUsualMessage(usual, given) : await verifyWithMailauth(given)), passedOver }
}

function unread({ fields }: SignedHeader, why: string): Signatures {
  const passedOver = fields.filter(isSignature).map(field => ({ field, why }))
  return { dkim: [], arc: { result: 'none', sets: [] }, passedOver, headerFrom: [], fromFields: 0 }
}
