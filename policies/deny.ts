import { addressList, definePolicy, domainList, networkList, pass, reject, z } from 'postern'
import { reverseDns } from 'postern/facts'

/** Keeps unwanted clients and senders out. */
export default definePolicy({
  name: 'deny',
  // The sender is the last thing that it looks at, and no refusal is spoken before RCPT anyway.
  phase: 'mail',
  summary: 'Refuse whatever certain clients or senders send.',
  options: z.strictObject({
    clients: networkList.describe('Addresses and networks of unwanted clients.'),
    hosts: domainList.describe(
      'Names of unwanted clients, `mx.example.org` or `*.example.org`, by their reverse DNS, whether it is confirmed or not.',
    ),
    helos: domainList.describe('Names that unwanted clients give in HELO, `mx.example.org` or `*.example.org`.'),
    senders: addressList.describe('Addresses of unwanted senders.'),
    domains: domainList.describe('Domains of unwanted senders, `example.org` or `*.example.org`.'),
  }),
  reasons: {
    client: ['7.1', 'We do not take mail from your server', 554],
    sender: ['7.1', 'We do not take mail from this sender', 554],
  },
  facts: () => ({ reverseDns }),
  judge({ session, sender, options, facts: { reverseDns } }) {
    const client =
      options.clients.find(session.client.ip) ??
      reverseDns.names.map(name => options.hosts.find(name)).find(entry => entry !== undefined) ??
      options.helos.find(session.helo.toLowerCase())
    if (client !== undefined) return reject('client', client)
    if (!sender) return pass()

    const address = `${sender.local}@${sender.domain}`.toLowerCase()
    const entry = options.senders.has(address) ? address : options.domains.find(sender.domain)
    return entry === undefined ? pass() : reject('sender', entry)
  },
})
