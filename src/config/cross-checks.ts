import { domainPattern } from '../mail/domain.ts'
import type { SourceDocument } from './document.ts'
import { formatEndpoint } from './endpoint.ts'
import { keyProblemAt, problemAt } from './issues.ts'
import type { Problem } from './problem.ts'
import type { Settings } from './schema.ts'

/** What no single value shows: settings that do not go together. */
export function crossCheck(document: SourceDocument, settings: Settings): Problem[] {
  const checks = [checkListeners, checkDomains, checkPostmaster, checkRelayFrom]
  return checks.flatMap(check => check(document, settings))
}

function checkListeners(document: SourceDocument, { listen, tls, metrics }: Settings): Problem[] {
  const seen = new Set<string>()
  const problems = listen.flatMap(({ address, tls: wanted }, index) => {
    const problems: Problem[] = []
    const text = formatEndpoint(address)
    // Port 0 is any free port: never the same one twice.
    if (seen.has(text) && address.port !== 0) {
      problems.push(problemAt(document, ['listen', index, 'address'], 'an address that is listened on once', `${text} again`))
    }
    seen.add(text)
    if (!tls && wanted !== undefined) {
      problems.push(problemAt(document, ['listen', index, 'tls'], 'a certificate under tls', `${wanted} without a certificate`))
    }
    return problems
  })
  const ours = metrics && formatEndpoint(metrics.listen)
  if (ours === undefined || !seen.has(ours) || metrics?.listen.port === 0) return problems
  return [...problems, problemAt(document, ['metrics', 'listen'], 'an address that is listened on once', `${ours} again`)]
}

/** YAML refuses equal keys; these are equal only once their case, or their script, is the same. */
function checkDomains(document: SourceDocument, { relay }: Settings): Problem[] {
  const seen = new Set<string | undefined>()
  const problems = Object.keys(relay).flatMap(key => {
    const domain = domainPattern(key)
    const problem = seen.has(domain) ? [keyProblemAt(document, ['relay', key], 'each domain once')] : []
    seen.add(domain)
    return problem
  })
  if (seen.size > 0) return problems
  return [problemAt(document, ['relay'], 'at least one domain that we relay for')]
}

/** Whoever relays for half of the world relays for spammers. */
const widest = { ipv4: 8, ipv6: 16 } as const

function checkRelayFrom(document: SourceDocument, { relayFrom }: Settings): Problem[] {
  return relayFrom.flatMap(({ text }, index) => {
    const [base = '', bits = '128'] = text.split('/')
    const isTooWide = Number(bits) < (base.includes(':') ? widest.ipv6 : widest.ipv4)
    return isTooWide ? [problemAt(document, ['relayFrom', index], 'a network of your own, not so much of the Internet')] : []
  })
}

function checkPostmaster(document: SourceDocument, { relay, postmaster }: Settings): Problem[] {
  if (postmaster) {
    const isOurs = routedDomain(Object.keys(relay), postmaster.domain)
    return isOurs ? [] : [problemAt(document, ['postmaster'], 'an address in one of the domains of relay')]
  }
  const hasPlain = Object.keys(relay).some(key => !key.startsWith('*.'))
  // RFC 5321, 4.5.1: mail to <postmaster> without a domain must have a place to go.
  if (hasPlain || Object.keys(relay).length === 0) return []
  return [problemAt(document, ['postmaster'], 'an address, since relay names no single domain')]
}

function routedDomain(patterns: readonly string[], domain: string): boolean {
  return patterns.some(key => {
    const pattern = domainPattern(key) ?? ''
    return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : pattern === domain
  })
}
