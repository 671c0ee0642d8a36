import { lookup } from 'dnsbl'

/** In milliseconds: as long as a resolver takes to give up. */
const timeout = 3000

/**
 * Whether a list seems to have an address, found out without anything of ours. It takes a list's refusal to answer for a
 * listing, and all trouble for none: it is to be compared with an answer of our own resolver, and never to be believed alone.
 */
export function seemsListed(address: string, zone: string, servers: readonly string[]): Promise<boolean> {
  // A server that it cannot read throws: trouble like any other.
  return lookup(address, zone, { servers, timeout }).catch(() => false)
}
