import { isIPv6 } from 'node:net'
import type { Trace } from '../engine/trace.ts'
import { quoted, value } from './authentication-words.ts'
import { type ReverseName, reverseName } from './client-name.ts'
import { type FoundDkim, type FoundDmarc, foundIn } from './found.ts'

/** One method's results, each as its words (RFC 8601, 2.2): `spf=pass`, `smtp.mailfrom=example.org`. None if it was not applied. */
type Method = (trace: Trace) => readonly (readonly string[])[]

/** RFC 8601, 2.7.3 and 3. */
const iprevResults: Readonly<Record<ReverseName['status'], string>> = {
  confirmed: 'pass',
  unconfirmed: 'fail',
  none: 'permerror',
  temperror: 'temperror',
}

function iprev(trace: Trace) {
  const found = reverseName(trace)
  if (!found) return []
  const { ip } = trace.session.client
  const name = found.name === undefined ? [] : [`(${found.name})`]
  // A colon cannot stand in a token (RFC 2045, 5.1).
  return [[`iprev=${iprevResults[found.status]}`, `policy.iprev=${isIPv6(ip) ? `"${ip}"` : ip}`, ...name]]
}

function spf(trace: Trace) {
  const found = foundIn(trace, 'spf')
  if (!found) return []
  // The local part is the sender's own invention; RFC 8601, 2.7.2 lets us leave it out.
  return [[`spf=${found.result}`, `smtp.${found.identity}=${value(found.domain)}`]]
}

function dkim(trace: Trace) {
  const found = foundIn(trace, 'dkim')
  if (!found) return []
  return found.length === 0 ? [['dkim=none']] : found.map(signature)
}

function signature({ result, domain, selector, algorithm, begins, why }: FoundDkim): readonly string[] {
  const properties = { 'header.d': domain, 'header.s': selector, 'header.a': algorithm, 'header.b': begins }
  const words = Object.entries(properties).map(([name, text]) => (text === '' ? '' : `${name}=${value(text)}`))
  return [`dkim=${result}`, ...reason(why), ...words.filter(Boolean)]
}

function arc(trace: Trace) {
  const found = foundIn(trace, 'arc')
  if (!found || found.result === 'none') return []
  const last = found.sets.at(-1)?.sealer
  return [[`arc=${found.result}`, ...reason(found.why), ...(last ? [`(i=${found.sets.length} ${value(last)})`] : [])]]
}

function dmarc(trace: Trace) {
  const found = foundIn(trace, 'dmarc')
  return found ? [dmarcWords(found, overrideIn(trace))] : []
}

function dmarcWords({ result, domain, policy, why }: FoundDmarc, override: string | undefined): readonly string[] {
  const isApplied = result === 'pass' || result === 'fail'
  return [
    `dmarc=${result}`,
    ...reason(override ?? why),
    ...(domain === '' ? [] : [`header.from=${value(domain)}`]),
    ...(isApplied ? [`policy.dmarc=${policy}`] : []),
  ]
}

/** Why the domain owner's wish was not followed, in the words of RFC 9990. The rule that decided so says it in its reason. */
function overrideIn({ entries }: Trace): string | undefined {
  const reasons = entries.map(({ verdict, shadow }) => (shadow || verdict.action === 'pass' ? '' : verdict.reason))
  return overrides.find(known => reasons.includes(known.replaceAll('_', '-')))
}

const overrides: readonly string[] = ['trusted_forwarder', 'mailing_list', 'trusted_sealer']

function dnswl(trace: Trace) {
  const entries = trace.facts.filter(({ fact }) => fact.startsWith('dnswl('))
  return entries.flatMap(({ fact, value: found }) => {
    const codes = isListed(found) ? found.codes : []
    const zone = fact.slice('dnswl('.length, -1)
    return codes.length > 0 ? [['dnswl=pass', `dns.zone=${value(zone)}`, `policy.ip=${value(String(codes[0]))}`]] : []
  })
}

function isListed(found: unknown): found is { readonly codes: readonly string[] } {
  return typeof found === 'object' && found !== null && 'status' in found && found.status === 'listed' && 'codes' in found
}

function reason(why: string | undefined): readonly string[] {
  // Not every reader takes an empty one.
  return why === undefined || why === '' ? [] : [`reason=${quoted(why)}`]
}

/** What we can say of a message, in this order. */
export const authenticationMethods: readonly Method[] = [iprev, spf, dkim, arc, dmarc, dnswl]
