import { canonicalAddress, definePolicy, networkList, parseAddressLiteral, pass, reject, score, z } from 'postern'
import { heloHost } from 'postern/facts'

const points = z.number().min(0)
const privateNetworks = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1', 'fc00::/7', 'fe80::/10']

/** Judges the name in HELO by itself. That it is not the name of the client's address says nothing (RFC 5321, 4.1.4). */
export default definePolicy({
  name: 'helo',
  phase: 'helo',
  summary: 'Refuse clients that greet with our own name, and add points for names that no mail server should have.',
  evidence: 'ip-identity',
  options: z.strictObject({
    ownNames: z
      .array(z.string().transform(text => canonicalAddress(text.toLowerCase())))
      .prefault([])
      .describe('Our own host names and addresses. The configuration fills in the host name and the addresses it listens on.'),
    ownNetworks: networkList
      .prefault(privateNetworks)
      .describe('Where clients that greet with our own name may come from: our own machines.'),
    unqualified: points.default(1.5).describe('Points for a name without a dot.'),
    address: points.default(2).describe('Points for an address without brackets.'),
    local: points.default(0.5).describe('Points for a name of a private network, such as `server.local`.'),
    unresolvable: points.default(0.3).describe('Points for a host name that has no address in the DNS.'),
  }),
  reasons: {
    'own-name': ['7.1', 'You greet with our own name, {helo}'],
    unqualified: ['7.1', 'Your HELO name {helo} is not a full host name'],
    address: ['7.1', 'Your HELO name {helo} is an address without brackets'],
    local: ['7.1', 'Your HELO name {helo} exists in private networks only'],
    unresolvable: ['7.1', 'Your HELO name {helo} does not exist in the DNS'],
  },
  facts: () => ({ heloHost }),
  judge({ session, options, facts: { heloHost } }) {
    if (session.listener === 'submission') return pass()
    const name = session.helo.toLowerCase().replace(/\.$/, '')
    const isOurs = options.ownNames.includes(name) || options.ownNames.includes(addressIn(name))
    if (isOurs && options.ownNetworks.find(session.client.ip) === undefined) return reject('own-name')

    if (heloHost.form === 'unqualified' || heloHost.form === 'address' || heloHost.form === 'local') {
      return score(options[heloHost.form], heloHost.form)
    }
    return heloHost.resolves === 'no' ? score(options.unresolvable, 'unresolvable') : pass()
  },
})

function addressIn(name: string): string {
  return canonicalAddress(parseAddressLiteral(name) ?? name)
}
