import { accept, addressList, definePolicy, domainList, pass, registeredDomain, z } from 'postern'
import { reverseDns } from 'postern/facts'

/** Lets known senders in, from hosts that can be believed to be theirs: anyone can write any sender. */
export default definePolicy({
  name: 'allow-sender',
  phase: 'mail',
  summary: 'Accept whatever certain senders send from hosts of theirs; no later rule judges it, except those marked `always`.',
  options: z.strictObject({
    senders: addressList.describe('The addresses of these senders.'),
    domains: domainList.describe('Their domains, `example.org` or `*.example.org`.'),
    hosts: domainList.describe(
      "The names of the hosts that they send from, which count only when the client's reverse DNS is confirmed. " +
        "When empty, it must be a host in the sender's own domain.",
    ),
  }),
  reasons: { 'known-sender': ['7.0', 'Welcome'] },
  facts: () => ({ reverseDns }),
  judge({ sender, options, facts: { reverseDns } }) {
    const address = sender && `${sender.local}@${sender.domain}`.toLowerCase()
    if (!address || reverseDns.status !== 'confirmed' || reverseDns.name === undefined) return pass()
    const entry = options.senders.has(address) ? address : options.domains.find(sender.domain)
    if (entry === undefined) return pass()

    const isTheirs =
      options.hosts.size > 0
        ? options.hosts.find(reverseDns.name) !== undefined
        : registeredDomain(reverseDns.name) === registeredDomain(sender.domain)
    return isTheirs ? accept('known-sender', `${entry} from ${reverseDns.name}`) : pass()
  },
})
