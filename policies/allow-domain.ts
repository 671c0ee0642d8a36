import { accept, definePolicy, domainList, pass, registeredDomain, z } from 'postern'
import { type DkimFinding, type DmarcFinding, dkim, dmarc, type SpfFinding, spf } from 'postern/facts'

const options = z.strictObject({
  domains: domainList.describe('These domains, `example.org` or `*.example.org`.'),
})

const reasons = { 'known-domain': ['7.0', 'Welcome'] } as const

/** Before the message comes: the owner of the domain says by SPF that the client may send for it. */
const atMail = definePolicy({
  name: 'allow-domain',
  phase: 'mail',
  summary: 'Accept what certain domains send from clients for which their SPF records vouch.',
  options,
  reasons,
  facts: () => ({ spf }),
  judge({ options, facts: { spf } }) {
    const entry = spf.result === 'pass' ? options.domains.find(spf.domain) : undefined
    return entry === undefined ? pass() : accept('known-domain', `${entry}, by SPF`)
  },
})

/** Lets mail of known domains in, when it is certain that it is theirs: nobody else can write it. */
export default definePolicy({
  name: 'allow-domain',
  phase: 'message',
  summary:
    'Accept whatever certain domains send, when SPF or DKIM vouches that it is theirs; no later rule judges it, except those marked `always`.',
  options,
  reasons,
  also: [atMail],
  facts: () => ({ dmarc, spf, dkim }),
  judge({ options, facts: { dmarc, spf, dkim } }) {
    const entry = isCertain(dmarc, spf, dkim) ? options.domains.find(dmarc.domain) : undefined
    return entry === undefined ? pass() : accept('known-domain', entry)
  },
})

/** DMARC passes, or would if the domain had a policy. */
function isCertain({ result, domain }: DmarcFinding, spf: SpfFinding, dkim: readonly DkimFinding[]): boolean {
  if (result !== 'none') return result === 'pass'
  const vouchers = [spf, ...dkim].filter(({ result }) => result === 'pass').map(voucher => registeredDomain(voucher.domain))
  return domain !== '' && vouchers.includes(registeredDomain(domain))
}
