import { type Address, parseAddress, parseDomain } from '../mail/address.ts'

/** `<address>` at the start of a text, and what follows it. */
export interface PathReading {
  /** What stands in the brackets, without a source route: empty for `<>`. */
  readonly mailbox: string
  readonly rest: string
}

/** Reads a path (RFC 5321, 4.1.2). Source routes must be accepted and are stripped (RFC 5321, appendix C). */
export function readPath(text: string): PathReading | undefined {
  // A quoted local part may hold a bracket.
  const path = /^<((?:[^<>"\\]|"(?:[^"\\]|\\.)*")*)>(.*)$/u.exec(text)
  if (!path) return undefined
  const [, inside = '', rest = ''] = path
  const mailbox = withoutRoute(inside)
  return mailbox === undefined ? undefined : { mailbox, rest }
}

/** A recipient: an address, or `Postmaster` alone, which every server must know (RFC 5321, 4.5.1). */
export function parseRecipient(mailbox: string): Address | undefined {
  return mailbox.toLowerCase() === 'postmaster' ? { local: mailbox, domain: '' } : parseAddress(mailbox)
}

function withoutRoute(inside: string): string | undefined {
  if (!inside.startsWith('@')) return inside
  const end = inside.indexOf(':')
  const hops = inside.slice(0, end).split(',')
  const isRoute = end > 0 && hops.every(hop => hop.startsWith('@') && parseDomain(hop.slice(1)) !== undefined)
  return isRoute ? inside.slice(end + 1) : undefined
}
