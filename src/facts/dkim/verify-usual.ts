import { createHash, type KeyObject, verify } from 'node:crypto'
import type { Signature } from 'mailauth/lib/dkim/verify.js'
import { KEY_ERROR_COMMENTS } from 'mailauth/lib/tools.js'
import type { BodyHash } from './body-hashes.ts'
import type { Key, KeyRing } from './key-ring.ts'
import type { SignedText } from './signed-text.ts'
import type { UsualSignature } from './usual-signature.ts'

/** What a signature is verified with. */
export interface Verifier {
  readonly text: SignedText
  readonly keys: KeyRing
  readonly now: Date
}

type Status = Signature['status']

/** Verifies one signature of a message whose body has been hashed (RFC 6376, 6.1). */
export async function verifyUsual(signature: UsualSignature, hash: BodyHash, verifier: Verifier): Promise<Signature> {
  const selected = verifier.text.select(signature.names)
  const about = {
    signingDomain: signature.domain,
    selector: signature.selector,
    signature: signature.signature,
    algo: signature.algorithm,
    signTime: signature.time === undefined ? null : new Date(signature.time * 1000).toISOString(),
    signingHeaders: { keys: selected.map(({ name }) => name).join(': ') },
  }
  if (signature.bodyHash !== hash.digest()) return { ...about, status: { result: 'fail', comment: 'body hash did not verify' } }
  const { domain, selector } = signature
  let key: Key
  try {
    key = await verifier.keys.get('DKIM', `${selector}._domainkey.${domain}`, undefined, { hashAlgo: 'sha256' })
  } catch (error) {
    return { ...about, status: withoutKey(error as Error & { code?: string }) } // Whatever a resolver throws.
  }
  const status = judge(signature, { key, now: verifier.now, text: () => verifier.text.of(signature, selected) })
  return {
    ...about,
    status: { ...status, ...(key.testing && { testing: true }) },
    ...(key.modulusLength && { modulusLength: key.modulusLength }),
  }
}

function withoutKey({ code = '', message }: Error & { readonly code?: string }): Status {
  const comment = KEY_ERROR_COMMENTS.get(code)
  if (comment !== undefined) return { result: 'neutral', comment }
  if (code === 'ESHORTKEY') return { result: 'policy', policy: { 'dkim-rules': 'weak-key' } }
  return { result: 'temperror', comment: `DNS failure: ${code || message}` }
}

interface Evidence {
  readonly key: Key
  readonly now: Date
  readonly text: () => Buffer
}

function judge(signature: UsualSignature, { key, now, text }: Evidence): Status {
  const [wanted] = signature.algorithm.split('-')
  if (key.keyType !== wanted) return { result: 'neutral', comment: 'inappropriate key algorithm' }
  // RFC 6376, 3.6.1: `t=s` does not allow an identity below the domain.
  const { identity, domain } = signature
  const isBelow = identity !== undefined && identity.toLowerCase() !== domain.toLowerCase()
  if (isBelow && key.flags.includes('s')) return { result: 'neutral', comment: 'domain mismatch' }
  const bytes = Buffer.from(signature.signature, 'base64')
  try {
    if (!isSignatureOf(text(), { algorithm: signature.algorithm, key: key.publicKey, bytes }))
      return { result: 'fail', comment: 'bad signature' }
  } catch (error) {
    // A key that can be read, but not used.
    return { result: 'neutral', comment: (error as Error).message }
  }
  const isExpired = signature.expires !== undefined && signature.expires * 1000 < now.getTime()
  return isExpired ? { result: 'neutral', comment: 'expired' } : { result: 'pass' }
}

interface Given {
  readonly algorithm: UsualSignature['algorithm']
  readonly key: KeyObject
  readonly bytes: Buffer
}

/** RFC 8463, 3: Ed25519 signs the hash. */
function isSignatureOf(text: Buffer, { algorithm, key, bytes }: Given): boolean {
  if (algorithm === 'rsa-sha256') return verify('rsa-sha256', text, key, bytes)
  return verify(null, createHash('sha256').update(text).digest(), key, bytes)
}
