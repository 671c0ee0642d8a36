import { accept, definePolicy, domainList, networkList, pass, z } from 'postern'
import { reverseDns } from 'postern/facts'

/** Lets known clients in. */
export default definePolicy({
  name: 'allow',
  phase: 'connect',
  summary: 'Accept whatever certain clients send; no later rule judges it, except those marked `always`.',
  options: z.strictObject({
    clients: networkList.describe('The addresses and networks of these clients.'),
    hosts: domainList.describe(
      'Their names, `mx.example.org` or `*.example.org`, which count only when the reverse DNS of the client is confirmed.',
    ),
  }),
  reasons: { 'known-client': ['7.0', 'Welcome'] },
  facts: () => ({ reverseDns }),
  judge({ session, options, facts: { reverseDns } }) {
    const name = reverseDns.status === 'confirmed' ? reverseDns.name : undefined
    const entry = options.clients.find(session.client.ip) ?? (name && options.hosts.find(name))
    return entry ? accept('known-client', entry) : pass()
  },
})
