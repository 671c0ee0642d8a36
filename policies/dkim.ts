import { clientList, definePolicy, pass, score, z } from 'postern'
import { dkim, reverseDns, spf } from 'postern/facts'

const points = z.number().min(0)

/** Scores mail by its signatures. A broken signature is as good as none (RFC 6376, 6.1): lists and forwarders break them. */
export default definePolicy({
  name: 'dkim',
  phase: 'message',
  summary: 'Take points off for a valid signature, and add some when neither SPF nor a signature vouches for the mail.',
  evidence: 'authentication',
  options: z.strictObject({
    pass: points.default(0.2).describe('Points that are taken off when a signature is valid and covers the whole message.'),
    unauthenticated: points.default(1).describe('Points when there is neither a valid signature nor a pass of SPF.'),
    forwarders: clientList.describe(
      'Clients that pass mail on for your users, by address, network or confirmed host name: what they pass on is not unauthenticated.',
    ),
  }),
  reasons: {
    pass: ['7.0', 'Welcome'],
    unauthenticated: ['7.26', 'Neither SPF nor DKIM vouches for this message'],
  },
  facts: () => ({ dkim, spf, reverseDns }),
  judge({ session, options, facts: { dkim, spf, reverseDns } }) {
    const valid = dkim.filter(({ result }) => result === 'pass')
    if (valid.length > 0) return score(-options.pass, 'pass', valid.map(({ domain }) => domain).join(' '))
    // Who could not be asked might have vouched.
    const isOpen = spf.result === 'temperror' || dkim.some(({ result }) => result === 'temperror')
    if (spf.result === 'pass' || isOpen || options.forwarders.find(session.client.ip, reverseDns) !== undefined) return pass()
    return score(options.unauthenticated, 'unauthenticated')
  },
})
