import type { Address } from '../../mail/address.ts'

/** An address as `formatAddress` has written it: it was checked when it came in, and is not refused now. */
export function parseStored(text: string): Address {
  const at = text.lastIndexOf('@')
  return at === -1 ? { local: text, domain: '' } : { local: text.slice(0, at), domain: text.slice(at + 1) }
}
