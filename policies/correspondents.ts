import { addressList, definePolicy, domainList, formatAddress, pass, registeredDomain, score, z } from 'postern'
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
    domains: domainList.describe('Domains all of whose people are known.'),
    points: z.number().min(0).default(4).describe('How many points are taken off.'),
  }),
  reasons: { known: ['7.0', 'Welcome'] },
  facts: () => ({ headers, dmarc, spf, dkim }),
  judge({ options, facts: { headers, dmarc, spf, dkim } }) {
    if (!isCertain(dmarc, spf, dkim)) return pass()
    const known = headers.authors
      .map(author => formatAddress(author).toLowerCase())
      .find(address => options.addresses.has(address))
    const entry = known ?? options.domains.find(dmarc.domain)
    return entry === undefined ? pass() : score(-options.points, 'known', entry)
  },
})

/** DMARC passes, or would if the domain had a policy. */
function isCertain({ result, domain }: DmarcFinding, spf: SpfFinding, dkim: readonly DkimFinding[]): boolean {
  if (result !== 'none') return result === 'pass'
  const vouchers = [spf, ...dkim].filter(({ result }) => result === 'pass').map(voucher => registeredDomain(voucher.domain))
  return domain !== '' && vouchers.includes(registeredDomain(domain))
}
