import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/**
 * An email address as it appeared in the envelope. The local part is kept as it was written, with its
 * quotes if it needs them; the domain is lower-case ASCII, an address literal in brackets, or empty for a bare `<postmaster>`.
 */
export interface Address {
  readonly local: string
  readonly domain: string
}

/** `local@domain`, and the empty string for the null sender. */
export function formatAddress(address: Address | null): string {
  if (!address) return ''
  return address.domain ? `${address.local}@${address.domain}` : address.local
}

// RFC 5321, 4.5.3.1: octets, not characters.
const limits = { local: 64, domain: 255, path: 256 - 2 } as const

// RFC 5321, 4.1.2, with the UTF-8 of RFC 6531, 3.3. Each alternative starts with its own characters: linear.
const dotString = /^[\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]+)*$/u
const quotedString = /^"(?:[\x20-\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])*"$/u
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Parses a mailbox (RFC 5321, 4.1.2): `local@domain`, without angle brackets.
 * Answers `undefined` for anything else, also when a part is longer than section 4.5.3.1 allows.
 */
export function parseAddress(text: string): Address | undefined {
  const at = text.lastIndexOf('@')
  if (at < 1 || Buffer.byteLength(text) > limits.path) return undefined
  const local = text.slice(0, at)
  const domain = parseDomain(text.slice(at + 1))
  return isLocalPart(local) && domain !== undefined ? { local: withoutQuotes(local), domain } : undefined
}

/** RFC 5321, 4.1.2: quotes that are not needed mean nothing, and one mailbox should have one spelling. */
function withoutQuotes(local: string): string {
  if (!local.startsWith('"')) return local
  const content = local.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
  return dotString.test(content) ? content : local
}

/** Whether these are the characters and the length of a local part, plain or quoted. */
export function isLocalPart(text: string): boolean {
  return Buffer.byteLength(text) <= limits.local && (dotString.test(text) || quotedString.test(text))
}

/** Whether a name is written as the DNS writes it. */
export function isAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text)
}

/** A domain name or an address literal in its canonical form: lower case, A-labels; `undefined` if it is neither. */
export function parseDomain(text: string): string | undefined {
  if (text.startsWith('[')) return parseAddressLiteral(text) && text.toLowerCase().replace('ipv6:', 'IPv6:')
  // domainToASCII decodes percent signs and cuts at a slash: what is ASCII already must not pass through it.
  const domain = isAscii(text) ? text.toLowerCase() : toAscii(text)
  return isDomainName(domain) ? domain : undefined
}

/** The address inside `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, 4.1.3). */
export function parseAddressLiteral(text: string): string | undefined {
  const literal = /^\[(ipv6:)?([0-9a-f.:]{2,45})\]$/i.exec(text)
  const address = literal?.[2]
  if (address === undefined || isIP(address) !== (literal?.[1] ? 6 : 4)) return undefined
  return address
}

function toAscii(text: string): string {
  return /[\x00-\x20%/?#\\@:]/.test(text) ? '' : domainToASCII(text)
}

function isDomainName(domain: string): boolean {
  return domain.length > 0 && domain.length <= limits.domain && domain.split('.').every(part => label.test(part))
}
