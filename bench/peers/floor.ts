import { join } from 'node:path'
import type { Peer } from '../peer.ts'
import { top } from '../place.ts'

/**
 * What Node itself allows: hand-written for the happy path, with little validation and no protection. They are no
 * products; they show which part of a cost is Postern's.
 */
export const floorPeers: readonly Peer[] = [
  floor('node-min-relay', 'the least that a relay costs in Node', { mode: 'relay' }),
  floor('node-min-policy', 'the least that the same questions and DKIM cost in Node', { mode: 'policy', proxied: true }),
  floor('node-min-relay-tls', 'node-min-relay, TLS from the first octet', { mode: 'relay', tls: 'implicit' }),
]

function floor(name: string, title: string, { mode, ...how }: { readonly mode: string } & Pick<Peer, 'proxied' | 'tls'>): Peer {
  return {
    name,
    title,
    ...how,
    command: ({ port, sinkPort, dns, nodeOptions }) => ({
      file: process.execPath,
      args: [...nodeOptions, join(import.meta.dirname, '../floor/relay.ts')],
      env: {
        MODE: mode,
        PORT: String(port),
        SINK_PORT: String(sinkPort),
        DNS_ADDRESS: dns.address,
        DNS_PORT: String(dns.port),
        ...(how.tls && { CERT: join(top, 'fixtures/tls/test-only.pem'), KEY: join(top, 'fixtures/tls/test-only.key') }),
      },
    }),
  }
}
