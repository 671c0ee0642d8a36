import { BodyHashes } from '../facts/dkim/body-hashes.ts'
import { hashBody } from '../facts/dkim/hash-body.ts'
import { readSignedHeader, type SignedField } from '../facts/signed-header.ts'
import type { Message } from '../mail/message.ts'

/** What is signed of a message. */
export interface Readable {
  readonly fields: readonly SignedField[]
  /** Hashes the body in its relaxed form, in Base64. */
  hashBody(): Promise<string>
}

/** Reads the header of a message for a signature; a sentence about one whose signature others might read in another way. */
export async function readForSigning(message: Message): Promise<Readable | string> {
  const { fields, bodyStart, isWhole, isPlain } = await readSignedHeader(message)
  if (!isWhole) return 'its header is too long'
  if (!isPlain) return 'its header has lines that do not end with CRLF, or does not begin with a field'
  return {
    fields,
    async hashBody() {
      const hashes = new BodyHashes()
      const hash = hashes.hash({ form: 'relaxed', algorithm: 'sha256' })
      await hashBody(message, bodyStart, hashes)
      return hash.digest()
    },
  }
}
