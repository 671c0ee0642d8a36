import type { DnsAnswer } from '../engine/dns.ts'
import { defineFact, type Fact } from '../engine/fact.ts'
import { reversed } from '../mail/network.ts'
import { publicZone, refusalToAnswer } from './list-answer.ts'
import { isSuspended, type List } from './list-watch.ts'

/** What a DNS blocklist says of a client. */
export interface DnsblFinding {
  /**
   * `unknown`: the list could not be asked, or has given no answer about the client; `suspended`: it was not asked,
   * because it has failed its own test.
   */
  readonly status: 'listed' | 'clean' | 'unknown' | 'suspended'
  /** The return codes, which say what the client is listed for: `127.0.0.2`. Empty unless listed. */
  readonly codes: readonly string[]
  /** Why the status is `unknown` or `suspended`. */
  readonly error?: string
}

/** A fact that rests on a list in the DNS. */
export interface ListFact<T = unknown> extends Fact<T, 'connect'> {
  readonly list: List
}

/** Whether the client is in a DNS blocklist of addresses (RFC 5782). */
export function dnsbl(zone: string): ListFact<DnsblFinding> {
  const fact = defineFact({
    name: `dnsbl(${publicZone(zone)})`,
    since: 'connect',
    async find({ session }, { dns, signal }): Promise<DnsblFinding> {
      const answer = await dns.query('A', `${reversed(session.client.ip)}.${zone}`, signal)
      return read(answer, zone)
    },
  })
  // RFC 5782, 5: every list of IPv4 addresses has 127.0.0.2, and none has 127.0.0.1.
  return { ...fact, list: { zone, listed: '2.0.0.127', unlisted: '1.0.0.127' } }
}

function read(answer: DnsAnswer<string>, zone: string): DnsblFinding {
  if (isSuspended(answer)) return { status: 'suspended', codes: [], error: answer.error }
  if (answer.status === 'temperror') return unknown((answer.error ?? 'no answer').replaceAll(zone, publicZone(zone)))
  const refusals = answer.records.map(refusalToAnswer).filter(reason => reason !== undefined)
  if (refusals.length > 0) return unknown(refusals.join('; '))
  return { status: answer.status === 'found' ? 'listed' : 'clean', codes: answer.records }
}

function unknown(error: string): DnsblFinding {
  return { status: 'unknown', codes: [], error }
}

/** The lists that facts rest on, each once: those that a `ListWatch` has to watch. */
export function listsOf(facts: Iterable<Fact>): readonly List[] {
  const lists = [...facts].filter(isListFact).map(fact => fact.list)
  return [...new Map(lists.map(list => [list.zone, list])).values()]
}

function isListFact(fact: Fact): fact is ListFact {
  return 'list' in fact
}
