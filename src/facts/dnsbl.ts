import { defineFact } from '../engine/fact.ts'
import { reversed } from '../mail/network.ts'
import { publicZone } from './list-answer.ts'
import type { ListFact } from './list-fact.ts'
import { addressList } from './list-watch.ts'
import { readListing } from './listing.ts'

/** What a DNS blocklist says of a client. */
export interface DnsblFinding {
  /**
   * `unknown`: the list could not be asked, or has given no answer about the client; `suspended`: it was not asked,
   * because it has failed its own test.
   */
  readonly status: 'listed' | 'clean' | 'unknown' | 'suspended'
  /** The return codes, which say what the client is listed for: `127.0.0.2`. Empty unless listed. */
  readonly codes: readonly string[]
  /** The list had passed its own test within the last hour. */
  readonly proven: boolean
  /** Why the status is `unknown` or `suspended`. */
  readonly error?: string
}

/** Whether the client is in a DNS blocklist of addresses (RFC 5782). */
export function dnsbl(zone: string): ListFact<DnsblFinding, 'connect'> {
  const list = addressList(zone)
  const fact = defineFact({
    name: `dnsbl(${publicZone(zone)})`,
    since: 'connect',
    unobjectionable: ({ proven }: DnsblFinding): DnsblFinding => ({ status: 'clean', codes: [], proven }),
    async find({ session }, { dns, signal }): Promise<DnsblFinding> {
      return readListing(await dns.query('A', `${reversed(session.client.ip)}.${zone}`, signal), list)
    },
  })
  return { ...fact, list }
}
