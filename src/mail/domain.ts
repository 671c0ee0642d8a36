import { getDomain, parse } from 'tldts'

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
