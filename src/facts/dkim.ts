import type { Signature } from 'mailauth/lib/dkim/verify.js'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { isAscii, parseDomain } from '../mail/address.ts'
import type { PassedOver } from './dkim/limits.ts'
import { verifySignatures } from './signatures.ts'

const dkimFinding = z
  .strictObject({
    result: z
      .enum(['pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'])
      .describe(
        '`pass` only when the whole body is signed; `policy`: it may be valid, but counts for nothing here (too weak, too many, part of the body or of the From fields, signed in the future); `neutral`: it could not be made sense of; `permerror` does not occur.',
      ),
    domain: z.string().describe('Who has signed, in lower case; empty when it is not a domain.'),
    selector: z.string(),
    algorithm: z.string().describe('`rsa-sha256`.'),
    begins: z.string().describe('The beginning of the signature, which tells several of one domain apart (RFC 8601, 2.7.1).'),
    keyBits: z.int().exactOptional().describe('Of an RSA key: less than 2048 is out of date (RFC 8301).'),
    isTest: z.literal(true).exactOptional().describe('The domain is only trying DKIM (`t=y` in its key record).'),
    why: z.string().exactOptional().describe('Why it does not pass.'),
  })
  .readonly()

/** What became of one DKIM signature. A message that has none has no findings. */
export type DkimFinding = z.infer<typeof dkimFinding>

const results = ['pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'] as const
const clockSkewMs = 5 * 60_000
/** Of the signatures that were not looked at so many are named: a message may have a thousand. */
const mostNotLookedAt = 10

/** Which domains have signed the message (RFC 6376), and whether it is still as they signed it. */
export const dkim = defineFact({
  name: 'dkim',
  since: 'message',
  schema: z.array(dkimFinding).readonly(),
  timeoutMs: 30_000,
  async find({ message }, look): Promise<readonly DkimFinding[]> {
    const { dkim, passedOver, fromFields } = await verifySignatures(message, look)
    const now = look.now().getTime()
    const found = dkim.filter(({ status }) => status.result !== 'none').map(signature => read(signature, { now, fromFields }))
    const others = passedOver.filter(({ field }) => field.name === 'dkim-signature')
    return [...found, ...others.slice(0, mostNotLookedAt).map(notLookedAt)]
  },
})

function read(
  { signingDomain, selector, signature, algo, status, signTime, modulusLength, signingHeaders }: Signature,
  { now, fromFields }: { readonly now: number; readonly fromFields: number },
): DkimFinding {
  const result = results.find(known => known === status.result) ?? 'neutral'
  const about = {
    domain: signerIn(signingDomain),
    selector: (selector ?? '').toLowerCase().slice(0, 255),
    algorithm: (algo ?? '').toLowerCase().slice(0, 30),
    begins: (signature ?? '').replaceAll(/\s/g, '').slice(0, 8),
    ...(modulusLength !== undefined && { keyBits: modulusLength }),
    ...(status.testing && { isTest: true as const }),
  }
  // The key of a name that is not ASCII was looked up by mailauth's spelling of it, which may not be ours.
  if (about.domain === '') return { result: result === 'pass' ? 'neutral' : result, ...about, why: 'd= is not a domain in ASCII' }
  if (result !== 'pass') return { result, ...about, why: (reasonOf(status) ?? 'no reason given').slice(0, 200) }
  if ((status.underSized ?? 0) > 0) return { result: 'policy', ...about, why: `${status.underSized} bytes are not signed` }
  if (Date.parse(signTime ?? '') > now + clockSkewMs) return { result: 'policy', ...about, why: 'signed in the future' }
  // DKIM-05: a second From, which nobody has signed, may be the one that is shown (RFC 6376, 8.15).
  if (countOf(signingHeaders?.keys, 'from') < fromFields) return { result: 'policy', ...about, why: 'a From field is not signed' }
  return { result, ...about }
}

/** A domain as it is written in the DNS, and nothing else. */
function signerIn(domain = ''): string {
  return isAscii(domain) ? (parseDomain(domain) ?? '') : ''
}

/** How often a name stands in a list such as `From: To: Subject`. */
function countOf(names: string | undefined, wanted: string): number {
  return names?.split(':').filter(name => name.trim().toLowerCase() === wanted).length ?? 0
}

function reasonOf({ comment, policy }: Signature['status']): string | undefined {
  return comment ?? policy?.['dkim-rules']
}

function notLookedAt({ field, why }: PassedOver): DkimFinding {
  const domain = signerIn(/(?:^|;)\s*d\s*=\s*([^;\s]*)/.exec(field.value.slice(0, 4096))?.[1])
  return { result: 'policy', domain, selector: '', algorithm: '', begins: '', why }
}
