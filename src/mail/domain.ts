import { getDomain, parse } from 'tldts'
import { parseDomain } from './address.ts'

/** The domain that its owner registered: `mail.example.co.uk` is `example.co.uk`. Private suffixes count as suffixes. */
export function registeredDomain(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}

/** The top-level domain of a name, if it is one of those that everybody knows: `org`. Undefined for `example`, or for a network's own. */
export function publicTopLevelDomain(domain: string): string | undefined {
  const top = domain.slice(domain.lastIndexOf('.') + 1)
  return parse(`name.${top}`).isIcann ? top : undefined
}

/** Whether a name matches a pattern: the name itself, or `*.example.org` for every name below it. */
export function matchesDomain(domain: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern
}

/** `example.org` or `*.example.org` in canonical form; `undefined` for anything else, an address literal included. */
export function domainPattern(text: string): string | undefined {
  const wildcard = text.startsWith('*.')
  const domain = parseDomain(wildcard ? text.slice(2) : text)
  if (domain === undefined || domain.startsWith('[')) return undefined
  return wildcard ? `*.${domain}` : domain
}
