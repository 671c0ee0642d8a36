import {
  addressList,
  definePolicy,
  domainList,
  formatAddress,
  isSubmission,
  type Lesson,
  pass,
  registeredDomain,
  type Store,
  score,
  z,
} from 'postern'
import { type DkimFinding, type DmarcFinding, dkim, dmarc, headers, type SpfFinding, spf } from 'postern/facts'

/** Trusts those to whom our users write: whoever gets mail from us may answer. Only when it is certain that it is them. */
export default definePolicy({
  name: 'correspondents',
  phase: 'message',
  summary: 'Take points off mail from people to whom our users have written, when it is certain that it is from their domain.',
  evidence: 'history',
  options: z.strictObject({
    addresses: addressList.describe(
      'The addresses to which our users have written lately; best in a file that your server writes.',
    ),
    ownDomains: domainList.describe(
      'Our own domains, for servers of ours that pass on what others have written. The configuration fills in those that it relays for.',
    ),
    days: z
      .number()
      .int()
      .min(0)
      .max(3650)
      .default(365)
      .describe('For how many days those are known to whom our users have written through us; 0 is not at all.'),
    domains: domainList.describe('Domains all of whose people are known.'),
    points: z.number().min(0).default(4).describe('How many points are taken off.'),
  }),
  reasons: { known: ['7.0', 'Welcome'] },
  facts: () => ({ headers, dmarc, spf, dkim }),
  async judge({ options, store, facts: { headers, dmarc, spf, dkim } }) {
    if (!isCertain(dmarc, spf, dkim)) return pass()
    const authors = headers.authors.map(author => formatAddress(author).toLowerCase())
    const known = authors.find(address => options.addresses.has(address)) ?? (await learned(authors, store))
    const entry = known ?? options.domains.find(dmarc.domain)
    return entry === undefined ? pass() : score(-options.points, 'known', entry)
  },
  async learn({ trace, options, store }) {
    if (options.days === 0 || !isWrittenByUs(trace, options)) return []
    const written = trace.recipients.filter(({ outcome }) => outcome === 'delivered')
    for (const { address } of written) await store.set(`to ${address.toLowerCase()}`, 1, options.days * 24 * 3600)
    return []
  },
})

async function learned(authors: readonly string[], store: Store): Promise<string | undefined> {
  for (const author of authors) if ((await store.get<number>(`to ${author}`)) !== undefined) return author
  return undefined
}

type Options = { readonly ownDomains: { find(domain: string): string | undefined } }

/** Somebody of ours has written it: an automatic answer has no sender, and what a server of ours passes on has another one. */
function isWrittenByUs({ session, sender }: Lesson<Options, object>['trace'], { ownDomains }: Options): boolean {
  if (!sender || !isSubmission(session)) return false
  return session.user !== undefined || ownDomains.find(sender.slice(sender.lastIndexOf('@') + 1)) !== undefined
}

/** DMARC passes, or would if the domain had a policy. */
function isCertain({ result, domain }: DmarcFinding, spf: SpfFinding, dkim: readonly DkimFinding[]): boolean {
  if (result !== 'none') return result === 'pass'
  const vouchers = [spf, ...dkim].filter(({ result }) => result === 'pass').map(voucher => registeredDomain(voucher.domain))
  return domain !== '' && vouchers.includes(registeredDomain(domain))
}
