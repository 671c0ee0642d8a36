import { definePolicy, pass, reject, score, z } from 'postern'
import {
  codeRange,
  codeWeights,
  type DnsblFinding,
  dnsbl,
  isInRange,
  isSpamhaus,
  listZone,
  publicZone,
  weighCodes,
} from 'postern/facts'

const list = z.strictObject({
  zone: listZone('addresses').describe('The zone to ask, for example `zen.spamhaus.org`. A key in front of it is kept secret.'),
  codes: codeWeights
    .optional()
    .describe('Points for each return code, or for a range of them, such as `127.0.0.4-127.0.0.7`. Other codes count nothing.'),
  points: z.number().min(0).default(2).describe('Points for any return code, when `codes` is absent.'),
  refuse: z
    .array(codeRange)
    .prefault([])
    .describe('Return codes for which the client is refused. Only for lists that you trust with your mail.'),
  public: z.boolean().default(false).describe('Whether the refused sender may read that it was Spamhaus, if it was.'),
})

type List = z.infer<typeof list>

/** Judges clients by what DNS blocklists say of them (RFC 5782). */
export default definePolicy({
  name: 'dnsbl',
  phase: 'connect',
  summary: 'Add points for a client that is in DNS blocklists, or refuse it.',
  evidence: 'ip-reputation',
  options: z.strictObject({
    lists: z
      .array(list)
      .prefault([])
      .refine(lists => new Set(lists.map(({ zone }) => zone)).size === lists.length, 'expected each list once')
      .describe('The lists to ask, all at once. One that fails its own test, or does not answer, counts nothing.'),
  }),
  reasons: {
    listed: ['7.1', 'Your address {client} is in a blocklist', 554],
    'listed-by-spamhaus': ['7.1', 'Your address {client} is listed by Spamhaus, see https://check.spamhaus.org/', 554],
  },
  facts: ({ lists }) => Object.fromEntries(lists.map(({ zone }) => [zone, dnsbl(zone)])),
  judge({ session, options, facts }) {
    if (session.listener === 'submission') return pass()
    const listings = options.lists.flatMap(list => listing(list, facts[list.zone]))
    const detail = listings.map(({ what }) => what).join(', ')
    const refusing = listings.find(({ refuses }) => refuses)
    if (refusing) return reject(refusing.mayBeNamed ? 'listed-by-spamhaus' : 'listed', detail)

    const sum = listings.reduce((sum, { points }) => sum + points, 0)
    return sum > 0 ? score(sum, 'listed', detail) : pass()
  },
})

/** What one list's answer is worth. */
function listing(list: List, finding: DnsblFinding | undefined) {
  if (finding?.status !== 'listed') return []
  const { codes } = finding
  return [
    {
      what: `${publicZone(list.zone)} ${codes.join(' ')}`,
      points: weighCodes(codes, list),
      refuses: codes.some(code => list.refuse.some(range => isInRange(code, range))),
      mayBeNamed: list.public && isSpamhaus(list.zone),
    },
  ]
}
