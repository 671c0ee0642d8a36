import { type Address, formatAddress, parseAddress } from './address.ts'
import { domainPattern, matchesDomain } from './domain.ts'

/** Addresses that an administrator names at once: `bob@example.org`, `*@example.org`, `*@*.example.org`. */
export interface AddressPattern {
  /** In lower case; absent for everybody in the domain. */
  readonly local?: string
  /** A domain, or `*.example.org` for all below one. */
  readonly domain: string
}

/** Reads one; `undefined` for anything else. */
export function parseAddressPattern(text: string): AddressPattern | undefined {
  const at = text.lastIndexOf('@')
  const domain = domainPattern(text.slice(at + 1))
  if (at < 1 || domain === undefined) return undefined
  const local = text.slice(0, at)
  if (local === '*') return { domain }
  return parseAddress(`${local}@example.org`) && { local: local.toLowerCase(), domain }
}

export function matchesAddress({ local, domain }: Address, pattern: AddressPattern): boolean {
  return matchesDomain(domain, pattern.domain) && (pattern.local === undefined || local.toLowerCase() === pattern.local)
}

/** As the administrator writes it. */
export function formatAddressPattern({ local = '*', domain }: AddressPattern): string {
  return formatAddress({ local, domain })
}
