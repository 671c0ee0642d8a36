import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { reversed } from '../mail/network.ts'
import { publicZone } from './list-answer.ts'
import type { ListFact } from './list-fact.ts'
import { addressList } from './list-watch.ts'
import { readListing } from './listing.ts'

const dnsblFinding = z
  .strictObject({
    status: z
      .enum(['listed', 'clean', 'unknown', 'suspended'])
      .describe(
        '`unknown`: the list could not be asked, or has given no answer about the client; `suspended`: it was not asked, because it has failed its own test.',
      ),
    codes: z
      .array(z.string())
      .readonly()
      .describe('The return codes, which say what the client is listed for: `127.0.0.2`. Empty unless listed.'),
    proven: z.boolean().describe('The list had passed its own test within the last hour.'),
    error: z.string().exactOptional().describe('Why the status is `unknown` or `suspended`.'),
  })
  .readonly()

/** What a DNS blocklist says of a client. */
export type DnsblFinding = z.infer<typeof dnsblFinding>

/** Whether the client is in a DNS blocklist of addresses (RFC 5782). */
export function dnsbl(zone: string): ListFact<DnsblFinding, 'connect'> {
  const list = addressList(zone)
  const fact = defineFact({
    name: `dnsbl(${publicZone(zone)})`,
    since: 'connect',
    schema: dnsblFinding,
    unobjectionable: ({ proven }: DnsblFinding): DnsblFinding => ({ status: 'clean', codes: [], proven }),
    async find({ session }, { dns, signal }): Promise<DnsblFinding> {
      return readListing(await dns.query('A', `${reversed(session.client.ip)}.${zone}`, signal), list)
    },
  })
  return { ...fact, list }
}
