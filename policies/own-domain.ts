import { clientList, definePolicy, domainList, pass, quarantine, reject, score, z } from 'postern'
import { dmarc, headers, reverseDns } from 'postern/facts'

/** Judges strangers that write in our own name, whether or not we have a DMARC policy. */
export default definePolicy({
  name: 'own-domain',
  phase: 'message',
  summary: 'Add points to mail from outside whose From is in one of our own domains, when nobody vouches for it.',
  evidence: 'authentication',
  onError: 'defer',
  options: z.strictObject({
    ownDomains: domainList.describe('Our own domains. The configuration fills in those that it relays for.'),
    action: z
      .enum(['score', 'quarantine', 'reject'])
      .default('score')
      .describe('Whether to add points only, or to quarantine or refuse as well: a list that your users write to may send this.'),
    points: z.number().min(0).default(4).describe('How many points.'),
    exempt: clientList.describe('Clients that may write in our name: machines of our own, services that send for us.'),
  }),
  reasons: { unauthenticated: ['7.26', 'This message claims to be ours, and nobody vouches for it'] },
  facts: () => ({ dmarc, headers, reverseDns }),
  judge({ session, options, facts: { dmarc, headers, reverseDns } }) {
    if (session.listener === 'submission' || dmarc.result === 'pass' || dmarc.result === 'temperror') return pass()
    const ours = headers.authors.find(({ domain }) => options.ownDomains.find(domain) !== undefined)
    if (!ours || options.exempt.find(session.client.ip, reverseDns) !== undefined) return pass()
    if (options.action === 'reject') return reject('unauthenticated', ours.domain)
    if (options.action === 'quarantine') return quarantine('unauthenticated', ours.domain, options.points)
    return score(options.points, 'unauthenticated', ours.domain)
  },
})
