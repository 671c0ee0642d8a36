import { definePolicy, pass, score, z } from 'postern'
import { codeWeights, type DomainListFinding, domainList, listZone, publicZone, weighCodes } from 'postern/facts'

const list = z.strictObject({
  zone: listZone('domains').describe('The zone to ask, for example `dbl.spamhaus.org`. A key in front of it is kept secret.'),
  codes: codeWeights
    .optional()
    .describe('Points for each return code, or for a range of them, such as `127.0.1.4-127.0.1.6`. Other codes count nothing.'),
  points: z.number().min(0).default(2).describe('Points for any return code, when `codes` is absent.'),
  test: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9_.-]+$/, 'expected a name that the list has, such as test')
    .optional()
    .describe('A name that the list has, by which it is tested; without it, the one that its operator names, or else `test`.'),
})

type List = z.infer<typeof list>

/** Judges messages by what DNS lists of domains say of the domains that they come from (RFC 5782). */
export default definePolicy({
  name: 'domain-list',
  phase: 'message',
  summary: 'Add points for a message whose sender or author has a domain that is in DNS lists of domains.',
  evidence: 'domain-reputation',
  options: z.strictObject({
    lists: z
      .array(list)
      .prefault([])
      .describe('The lists to ask, all at once. One that fails its own test, or does not answer, counts nothing.'),
  }),
  reasons: { listed: ['7.1', 'A domain that this message comes from is in a blocklist', 554] },
  facts: ({ lists }) => Object.fromEntries(lists.map(({ zone, test }) => [zone, domainList(zone, test)])),
  judge({ session, options, facts }) {
    if (session.listener === 'submission') return pass()
    const heaviest = options.lists.flatMap(list => heaviestListing(list, facts[list.zone]))
    const sum = heaviest.reduce((sum, { points }) => sum + points, 0)
    return sum > 0 ? score(sum, 'listed', heaviest.map(({ what }) => what).join(', ')) : pass()
  },
})

/** Of several domains in one list the worst counts: they are about the same message. */
function heaviestListing(list: List, finding: DomainListFinding | undefined) {
  const listings = (finding?.listings ?? []).map(({ domain, codes }) => ({
    what: `${domain} in ${publicZone(list.zone)} ${codes.join(' ')}`,
    points: weighCodes(codes, list),
  }))
  return listings.toSorted((a, b) => b.points - a.points).slice(0, 1)
}
