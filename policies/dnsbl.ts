import { definePolicy, parseDomain, parseNetwork, pass, reject, score, z } from 'postern'
import { type DnsblFinding, dnsbl, publicZone } from 'postern/facts'

const points = z.number().min(0)
const zone = z
  .string()
  .toLowerCase()
  .refine(text => parseDomain(text) !== undefined, 'expected the zone of a blocklist, such as zen.spamhaus.org')

/** Return codes from one to another, both included, as numbers. */
type CodeRange = readonly [first: number, last: number]

const expectedCodes = 'expected return codes such as 127.0.0.2, or 127.0.0.4-127.0.0.7'

const codeRange = z.string().transform((text, context) => {
  const range = parseRange(text)
  if (!range) context.addIssue({ code: 'custom', message: expectedCodes, input: text })
  return range ?? z.NEVER
})

const weights = z.record(z.string(), points).transform((codes, context) =>
  Object.entries(codes).flatMap(([text, points]) => {
    const range = parseRange(text)
    if (!range) context.addIssue({ code: 'custom', message: expectedCodes, input: text, path: [text] })
    return range ? [{ range, points }] : []
  }),
)

const list = z.strictObject({
  zone: zone.describe('The zone to ask, for example `zen.spamhaus.org`. A key in front of it is kept secret.'),
  codes: weights
    .optional()
    .describe('Points for each return code, or for a range of them, such as `127.0.0.4-127.0.0.7`. Other codes count nothing.'),
  points: points.default(2).describe('Points for any return code, when `codes` is absent.'),
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
  options: z.strictObject({
    lists: z
      .array(list)
      .prefault([])
      .describe('The lists to ask, all at once. One that fails its own test, or does not answer, counts nothing.'),
    cap: points.default(8).describe('The most points that all lists together give: what one knows, the others often know too.'),
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
    return sum > 0 ? score(Math.min(sum, options.cap), 'listed', detail) : pass()
  },
})

/** What one list's answer is worth. Of several codes the heaviest counts: they are about the same address. */
function listing(list: List, finding: DnsblFinding | undefined) {
  if (finding?.status !== 'listed') return []
  const codes = finding.codes.map(number)
  const weigh = (code: number) => {
    if (!list.codes) return list.points
    return Math.max(0, ...list.codes.filter(({ range }) => isIn(code, range)).map(({ points }) => points))
  }
  return [
    {
      what: `${publicZone(list.zone)} ${finding.codes.join(' ')}`,
      points: Math.max(...codes.map(weigh)),
      refuses: codes.some(code => list.refuse.some(range => isIn(code, range))),
      mayBeNamed: list.public && /\.spamhaus\.(?:org|net)$/.test(list.zone),
    },
  ]
}

function isIn(code: number, [first, last]: CodeRange): boolean {
  return first <= code && code <= last
}

function parseRange(text: string): CodeRange | undefined {
  const [first = '', last = first] = text.split('-', 2).map(part => part.trim())
  if (!isCode(first) || !isCode(last)) return undefined
  return number(first) <= number(last) ? [number(first), number(last)] : undefined
}

function isCode(text: string): boolean {
  return text.startsWith('127.') && !text.includes('/') && parseNetwork(text) !== undefined
}

function number(code: string): number {
  return code.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}
