import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { formatEndpoint } from '../config/endpoint.ts'
import type { Configuration } from '../config/load.ts'
import { readSigningSecrets } from '../config/signing-keys.ts'
import { listsOf } from '../facts/index.ts'
import { matchesDomain } from '../mail/domain.ts'
import { canonicalAddress } from '../mail/network.ts'
import { usualBits } from '../signing/signing-key.ts'
import { readSystemServers } from '../world/dns-server.ts'
import { submissionWarnings } from './submission-warnings.ts'

/** What is allowed, and seldom wise. */
export async function warnings(configuration: Configuration): Promise<string[]> {
  return [
    ...(await aboutResolvers(configuration)),
    ...(await aboutCertificate(configuration)),
    ...(await aboutKeys(configuration)),
    ...aboutListeners(configuration),
    ...(await submissionWarnings(configuration)),
    ...aboutMetrics(configuration),
    ...aboutForwarding(configuration),
    ...aboutRules(configuration),
  ]
}

/** Google, Cloudflare, Quad9, OpenDNS: blocklists refuse to answer them, because they cannot tell who asks. */
const publicResolvers: ReadonlySet<string> = new Set([
  '8.8.8.8',
  '8.8.4.4',
  '2001:4860:4860::8888',
  '2001:4860:4860::8844',
  '1.1.1.1',
  '1.0.0.1',
  '2606:4700:4700::1111',
  '2606:4700:4700::1001',
  '9.9.9.9',
  '149.112.112.112',
  '2620:fe::fe',
  '208.67.222.222',
  '208.67.220.220',
])

async function aboutResolvers({ dns, rules }: Configuration): Promise<string[]> {
  if (listsOf(rules.flatMap(({ facts }) => Object.values(facts))).length === 0) return []
  const servers = dns.servers ?? (await readSystemServers())
  const known = servers.filter(server => publicResolvers.has(canonicalAddress(withoutPort(server))))
  return known.map(server => `dns: ${server} is a public resolver, and blocklists do not answer those: run one of your own`)
}

/** `[::1]:53`, `127.0.0.1:53`, or an address alone. */
function withoutPort(server: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(server)?.[1] ?? server.replace(/^([\d.]+):\d+$/, '$1')
}

const soonDays = 14
const dayMs = 24 * 60 * 60 * 1000

async function aboutCertificate({ tls }: Configuration): Promise<string[]> {
  if (!tls) return []
  const { validToDate } = new X509Certificate(await readFile(tls.cert))
  const left = (validToDate.getTime() - Date.now()) / dayMs
  if (left < 0) return [`tls: the certificate has expired on ${validToDate.toISOString().slice(0, 10)}`]
  return left < soonDays ? [`tls: the certificate expires in ${Math.floor(left)} days`] : []
}

async function aboutKeys(configuration: Configuration): Promise<string[]> {
  const secrets = await readSigningSecrets(configuration.document, configuration)
  // It has been read without a problem before; what has happened to its files since is told when it is put to use.
  const { keys, sealing } = 'value' in secrets ? secrets.value : { keys: [] }
  const short = [...keys, ...(sealing ? [sealing] : [])].filter(({ bits = usualBits }) => bits < usualBits)
  return short.map(
    ({ domain, selector, bits }) =>
      `sign: the key ${selector} of ${domain} has ${bits} bits: many believe no RSA key below ${usualBits}`,
  )
}

function isLocal(host: string): boolean {
  return host === '::1' || host === 'localhost' || host.startsWith('127.')
}

function aboutMetrics({ metrics }: Configuration): string[] {
  if (!metrics || isLocal(metrics.listen.host)) return []
  const text = formatEndpoint(metrics.listen)
  return [`metrics: ${text} is open to other machines, and has no password: let a firewall or a proxy guard it`]
}

function aboutListeners({ listen, tls }: Configuration): string[] {
  const inClear = tls ? [] : listen.filter(({ address, as }) => as === 'mx' && !isLocal(address.host))
  return inClear.map(({ address }) => `listen: ${formatEndpoint(address)} offers no TLS, so mail comes in clear: set tls`)
}

function aboutRules({ rules, mode, relay }: Configuration): string[] {
  const enforced = rules.some(({ settings }) => settings.mode === 'enforce')
  return [
    ...tooLate(rules),
    ...forNobody(rules, Object.keys(relay)),
    ...(enforced ? [] : ['rules: no rule is in force, so all mail is relayed']),
    ...(mode === 'observe' ? ['mode: observe relays all mail, whatever the rules say'] : []),
  ]
}

/** Rules whose points come when they have been added up already. */
function tooLate(rules: Configuration['rules']): string[] {
  const sum = rules.findIndex(({ policy }) => policy.sumsUp)
  const late = sum === -1 ? [] : rules.slice(sum + 1).filter(({ policy }) => policy.phase === 'message' && !policy.sumsUp)
  return late.map(({ name }) => `rules: ${name} stands below ${rules[sum]?.name}, which has added up the points before it judges`)
}

function forNobody(rules: Configuration['rules'], domains: readonly string[]): string[] {
  const isRelayed = (pattern: string) =>
    domains.some(domain => matchesDomain(pattern, domain) || matchesDomain(domain, pattern) || domain === pattern)
  return rules.flatMap(({ name, settings }) => {
    if (settings.as !== 'mx') return []
    const strangers = settings.to?.filter(({ domain }) => !isRelayed(domain)) ?? []
    return strangers.map(({ domain }) => `rules: ${name} is for recipients in ${domain}, for which we do not relay`)
  })
}

function aboutForwarding({ arc, srs }: Configuration): string[] {
  const unused = [arc ? 'arc' : '', srs ? 'srs' : ''].filter(name => name !== '')
  return unused.map(name => `${name}: nothing is forwarded yet, so this is checked and has no effect`)
}
