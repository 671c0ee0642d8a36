import { definePolicy, type Fact, pass, reject, z } from 'postern'
import { codeRange, type DnsblFinding, dmarc, dnsbl, isInRange, isSpamhaus, listZone, publicZone } from 'postern/facts'

const list = z.strictObject({
  zone: listZone('addresses').describe(
    'The zone to ask, for example `<key>.zen.dq.spamhaus.net`. A key in front of it is kept secret.',
  ),
  codes: z
    .array(codeRange)
    .min(1)
    .describe('The return codes to refuse for, or ranges of them, such as `127.0.0.4-127.0.0.7`. Others do not matter here.'),
  public: z.boolean().default(false).describe('Whether the refused sender may read that it was Spamhaus, if it was.'),
})

type List = z.infer<typeof list>

/** What DMARC says of the message, and by its zone what each list says of the client. */
type Needed = { readonly dmarc: typeof dmarc; readonly [zone: `${string}.${string}`]: Fact<DnsblFinding, 'connect'> }

/** Refuses the clients that the most careful lists have listed, when nothing speaks for them. */
export default definePolicy({
  name: 'trusted-dnsbl',
  phase: 'message',
  summary:
    'Refuse a client that a list the operator trusts has listed, unless DMARC or the history with its sender vouches for the mail.',
  evidence: 'ip-reputation',
  onError: 'defer',
  options: z.strictObject({
    lists: z
      .array(list)
      .prefault([])
      .describe(
        'The lists that may refuse, each only if it has passed its own test within the last hour. Rules about history count if they stand above.',
      ),
  }),
  reasons: {
    listed: ['7.1', 'Your address {client} is in a blocklist', 554],
    'listed-by-spamhaus': ['7.1', 'Your address {client} is listed by Spamhaus, see https://check.spamhaus.org/', 554],
  },
  facts: ({ lists }): Needed => ({ dmarc, ...Object.fromEntries(lists.map(({ zone }) => [zone, dnsbl(zone)])) }),
  judge({ session, options, facts, tally }) {
    if (session.listener === 'submission') return pass()
    const { result } = facts.dmarc
    // Who could not be asked whether he vouches for the mail might have done so.
    if (result === 'pass' || result === 'temperror' || (tally.evidence.history ?? 0) < 0) return pass()
    const list = options.lists.find(list => condemns(list, facts[list.zone]))
    if (!list) return pass()
    const reason = list.public && isSpamhaus(list.zone) ? 'listed-by-spamhaus' : 'listed'
    return reject(reason, `${publicZone(list.zone)} ${facts[list.zone]?.codes.join(' ')}`)
  },
})

function condemns({ codes }: List, finding: DnsblFinding | undefined): boolean {
  if (finding?.status !== 'listed' || !finding.proven) return false
  return finding.codes.some(code => codes.some(range => isInRange(code, range)))
}
