import { getDomain } from 'tldts'

/** The domain that its owner registered: `mail.example.co.uk` is `example.co.uk`. Private suffixes count as suffixes. */
export function registeredDomain(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}

/** Whether a name matches a pattern: the name itself, or `*.example.org` for every name below it. */
export function matchesDomain(domain: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern
}
