import { clientList, definePolicy, pass, score, z } from 'postern'
import { dmarc, reverseDns, spf } from 'postern/facts'

const points = z.number().min(0)

/** Scores mail by what the sender's domain says of the client. SPF breaks when mail is forwarded: alone it decides nothing. */
export default definePolicy({
  name: 'spf',
  phase: 'message',
  summary: 'Add points when the sender’s domain says that the client may not send for it, unless DMARC passes all the same.',
  evidence: 'authentication',
  options: z.strictObject({
    fail: points.default(1.5).describe('Points when the domain says that the client may not send for it.'),
    softfail: points.default(0.5).describe('Points when the domain says that it probably may not.'),
    permerror: points.default(0.5).describe('Points when the record of the domain makes no sense.'),
    pass: points.default(0.2).describe('Points that are taken off when the client may send for the domain.'),
    forwarders: clientList.describe(
      'Clients that pass mail on for your users, by address, network or confirmed host name: SPF says nothing about their mail.',
    ),
  }),
  reasons: {
    pass: ['7.0', 'Welcome'],
    fail: ['7.23', 'The domain of your sender address {sender} says that {client} may not send for it'],
    softfail: ['7.23', 'The domain of your sender address {sender} says that {client} should not send for it'],
    permerror: ['7.24', 'The SPF record of your sender address {sender} makes no sense'],
  },
  facts: () => ({ spf, dmarc, reverseDns }),
  judge({ session, options, facts: { spf, dmarc, reverseDns } }) {
    if (spf.result === 'pass') return score(-options.pass, 'pass', spf.domain)
    if (spf.result !== 'fail' && spf.result !== 'softfail' && spf.result !== 'permerror') return pass()
    if (dmarc.result === 'pass' || options.forwarders.find(session.client.ip, reverseDns) !== undefined) return pass()
    return score(options[spf.result], spf.result, spf.error ?? spf.domain)
  },
})
