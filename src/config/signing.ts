import { z } from 'zod'
import { parseDomain } from '../mail/address.ts'
import { domain, parsed } from './parsed.ts'

const selector = parsed('a selector, such as 202611-rsa: the name of the key in the DNS', selectorName)
const keyFile = z.string().min(1).describe('The file with the private key, in PEM form; only for us to read (mode 0600 or 0640).')

const keySchema = z.strictObject({
  selector: selector.describe('The name under which its public half is published.'),
  key: keyFile,
})

/** The domains whose mail is signed. */
export const signSchema = z.record(
  z.string().refine(text => domainName(text) !== undefined, 'a domain, such as example.org'),
  z
    .array(keySchema)
    .min(1)
    .max(4)
    .describe('The keys that sign the mail of this domain and of those below it: best RSA and Ed25519, each with a selector.'),
)

/** The key that seals mail that is passed on to others (ARC). */
export const arcSchema = z.strictObject({
  domain: domain('the domain that vouches for what we have found, such as example.org').describe('The domain that seals.'),
  selector: selector.describe('The name under which the public half of the key is published.'),
  key: keyFile,
})

/** How senders are rewritten whose mail is passed on (SRS). */
export const srsSchema = z.strictObject({
  domain: domain('the domain of rewritten senders, such as srs.example.org').describe(
    'The domain of rewritten senders: its mail comes to us, and its SPF names us.',
  ),
  secretFile: z
    .string()
    .min(1)
    .describe('The file with the secrets, one a line: the first makes addresses, all are believed (mode 0600 or 0640).'),
  days: z.int().min(1).max(365).default(21).describe('How long a bounce to a rewritten sender is taken.'),
})

/** A selector in canonical form (RFC 6376, 3.1): a name without underscores; `undefined` for anything else. */
export function selectorName(text: string): string | undefined {
  const name = domainName(text)
  return name?.includes('_') ? undefined : name
}

/** The domain that a key of `sign` stands for, in canonical form. */
export function domainName(text: string): string | undefined {
  const name = parseDomain(text)
  return name?.startsWith('[') ? undefined : name
}
