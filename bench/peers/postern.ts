import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer, Place } from '../peer.ts'
import { top } from '../place.ts'
import { blocklists } from '../zone.ts'

type Rules = 'none' | 'policy' | 'default'

interface Variant extends Pick<Peer, 'tls' | 'silent'> {
  readonly rules: Rules
  readonly workers?: number
  readonly journal?: 'off'
}

/** FCrDNS, three blocklists, SPF, DKIM and DMARC in force. */
const policy = [
  { use: 'reverse-dns' },
  { use: 'dnsbl', options: { lists: blocklists.map(zone => ({ zone, refuse: ['127.0.0.2'] })) } },
  { use: 'spf' },
  { use: 'dkim' },
  { use: 'dmarc', options: { rejectAs: 'reject' } },
  { use: 'score-limit' },
]

/** High enough that no limit but the machine's is reached. Nobody waits for the greeting. */
const limits = {
  greetDelayMs: 0,
  connections: 20_000,
  connectionsPerAddress: 20_000,
  connectionsPerNetwork: 20_000,
  newPerMinute: 1_000_000,
}

/** Postern as it is in this repository. */
export const posternPeers: readonly Peer[] = [
  postern('postern-relay', 'Postern without rules', { rules: 'none' }),
  postern('postern-policy', 'Postern with FCrDNS, 3 blocklists, SPF, DKIM, DMARC', { rules: 'policy' }),
  postern('postern-default', 'Postern with all default rules and its store', { rules: 'default' }),
  postern('postern-default-unrecorded', 'postern-default without its journal', { rules: 'default', journal: 'off' }),
  postern('postern-policy-silent', 'postern-policy, its log thrown away', { rules: 'policy', silent: true }),
  postern('postern-relay-tls', 'postern-relay, TLS from the first octet', { rules: 'none', tls: 'implicit' }),
  postern('postern-relay-starttls', 'postern-relay with STARTTLS', { rules: 'none', tls: 'start' }),
  postern('postern-relay-2', 'postern-relay with 2 workers', { rules: 'none', workers: 2 }),
  postern('postern-policy-2', 'postern-policy with 2 workers', { rules: 'policy', workers: 2 }),
]

function postern(name: string, title: string, { rules, workers = 1, journal, ...variant }: Variant): Peer {
  const floor = `node-min-${rules === 'none' ? 'relay' : 'policy'}${variant.tls ? '-tls' : ''}`
  return {
    name,
    title,
    floor,
    proxied: rules !== 'none',
    ...variant,
    command(place) {
      const file = join(place.folder, 'postern.yaml')
      // JSON is YAML.
      writeFileSync(
        file,
        JSON.stringify({ ...configuration(place, { rules, ...(journal && { journal }), ...variant }), workers }, undefined, 2),
      )
      return { file: process.execPath, args: [...place.nodeOptions, join(top, 'src/cli/main.ts'), 'run', '-c', file] }
    },
  }
}

function configuration({ folder, port, sinkPort, dns }: Place, { rules, tls, journal }: Variant): object {
  const proxyProtocol = rules === 'none' ? [] : ['127.0.0.0/8']
  return {
    hostname: 'mx.bench.example',
    data: join(folder, 'data'),
    dns: { servers: [`${dns.address}:${dns.port}`] },
    listen: [{ address: `127.0.0.1:${port}`, as: 'mx', proxyProtocol, ...(tls === 'implicit' && { tls }) }],
    relay: { 'bench-rcpt.com': { to: `smtp://127.0.0.1:${sinkPort}` } },
    limits,
    ...(journal && { journal }),
    ...(rules !== 'default' && { rules: rules === 'policy' ? policy : [] }),
    ...(tls !== undefined && {
      tls: { cert: join(top, 'fixtures/tls/test-only.pem'), key: join(top, 'fixtures/tls/test-only.key') },
    }),
  }
}
