import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { reversed } from '../mail/network.ts'
import { type CodeMeanings, publicZone } from './list-answer.ts'
import type { ListFact } from './list-fact.ts'
import { addressList } from './list-watch.ts'
import { readListing } from './listing.ts'

const dnswlFinding = z
  .strictObject({
    status: z
      .enum(['listed', 'clean', 'unknown', 'suspended'])
      .describe('`unknown`: it could not be found out; `suspended`: the list was not asked, because it has failed its own test.'),
    codes: z.array(z.string()).readonly().describe('The return codes: `127.0.5.1`. Empty unless listed.'),
    trust: z
      .enum(['none', 'low', 'medium', 'high'])
      .exactOptional()
      .describe('How far the list trusts the client. `none`: it sends wanted mail, and spam too.'),
    category: z.int().exactOptional().describe("The list's number for what its owner does: 2 for banks, 5 for providers."),
    proven: z.boolean().describe('The list had passed its own test within the last hour.'),
    error: z.string().exactOptional().describe('Why the status is `unknown` or `suspended`.'),
  })
  .readonly()

/** What a DNS list of known mail servers says of a client. */
export type DnswlFinding = z.infer<typeof dnswlFinding>

const levels = ['none', 'low', 'medium', 'high'] as const

/** Who reads it as trust lets all spam in. */
const refusals: CodeMeanings = { '127.0.0.255': 'too many questions, or no permission to ask' }

/** Whether the client is in a DNS list of known mail servers, such as list.dnswl.org (RFC 8904). */
export function dnswl(zone: string): ListFact<DnswlFinding, 'connect'> {
  const list = { ...addressList(zone), refusals }
  const fact = defineFact({
    name: `dnswl(${publicZone(zone)})`,
    since: 'connect',
    schema: dnswlFinding,
    async find({ session }, { dns, signal }): Promise<DnswlFinding> {
      const listing = readListing(await dns.query('A', `${reversed(session.client.ip)}.${zone}`, signal), list)
      return { ...listing, ...leastTrust(listing.codes) }
    },
  })
  return { ...fact, list }
}

/** What the codes mean. Of several the one with the least trust counts. */
function leastTrust(codes: readonly string[]): Pick<DnswlFinding, 'trust' | 'category'> {
  const entries = codes.flatMap(code => {
    const [, category, level] = /^127\.0\.(\d{1,3})\.([0-3])$/.exec(code) ?? []
    const trust = levels[Number(level)]
    return trust === undefined ? [] : [{ trust, category: Number(category) }]
  })
  const [least = {}] = entries.toSorted((a, b) => levels.indexOf(a.trust) - levels.indexOf(b.trust))
  return least
}
