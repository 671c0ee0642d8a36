import type { SignedField } from '../signed-header.ts'
import { SignedText } from './signed-text.ts'
import { readUsualAuthor } from './usual-authors.ts'
import { readUsualSignature, type UsualSignature } from './usual-signature.ts'
import { verifyUsual } from './verify-usual.ts'
import type { Given, Verified } from './verify-with-mailauth.ts'

/** A message that is not sealed, and whose signatures and authors are all usual ones. */
export interface UsualMessage {
  readonly signatures: readonly UsualSignature[]
  readonly authors: readonly string[]
}

/** Reads the fields that matter. Answers `undefined` when one of them is not usual: then none is ours to judge. */
export function readUsualMessage(fields: readonly SignedField[]): UsualMessage | undefined {
  const signatures: UsualSignature[] = []
  const authors: string[] = []
  for (const field of fields) {
    if (field.name.startsWith('arc-')) return undefined
    if (field.name === 'from') {
      const author = readUsualAuthor(field)
      if (author === undefined) return undefined
      authors.push(author)
    } else if (field.name === 'dkim-signature') {
      const signature = readUsualSignature(field)
      if (!signature) return undefined
      signatures.push(signature)
    }
  }
  return { signatures, authors }
}

/** Verifies the signatures of a usual message, one after the other. */
export async function verifyUsualMessage(usual: UsualMessage, { fields, hashes, keys, now, hashBody }: Given): Promise<Verified> {
  const { signatures, authors } = usual
  const hashed = signatures.map(signature => ({
    signature,
    hash: hashes.hash({ form: signature.bodyForm, algorithm: 'sha256' }),
  }))
  const found: Verified['dkim'][number][] = []
  if (hashed.length > 0) {
    await hashBody()
    const verifier = { text: new SignedText(fields), keys, now }
    for (const { signature, hash } of hashed) found.push(await verifyUsual(signature, hash, verifier))
  }
  return { dkim: found, arc: { result: 'none', sets: [] }, headerFrom: authors, fromFields: authors.length }
}
