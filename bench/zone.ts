import type { KeyObject } from 'node:crypto'

/** The blocklists that all peers which judge ask. */
export const blocklists = ['a', 'b', 'c'].map(name => `dnsbl-${name}.bench-bl.net`)

/** Groups of client addresses: the first of each, how many take turns, and what is special about them. */
export const clients = {
  /** Have been seen in the warm-up: what the DNS says of them is remembered. */
  known: { first: '45.96.0.0', count: 1000 },
  /** Come for the first time. */
  new: { first: '45.104.0.0', count: 1_500_000 },
  /** One client that all blocklists list. */
  'listed-one': { first: '45.66.0.0', count: 1 },
  /** Many of these. */
  listed: { first: '45.66.0.0', count: 1000 },
} as const

export type Clients = keyof typeof clients

const listed = '45.66.0.0/16'

/** What the default rules ask of the world, each with the entry by which it proves that it works. */
const publicLists = [
  ...['zen.spamhaus.org', 'bl.spamcop.net', 'bl.mailspike.net', 'bl.blocklist.de', 'dnsbl-1.uceprotect.net'].map(
    zone => `${zone} LIST 127.0.0.2 ${listed}`,
  ),
  'list.dnswl.org LIST 127.0.10.0 127.0.0.2/32',
  'dbltest.com.dbl.spamhaus.org A 127.0.1.2',
]

/** The zone that the name server of the bench answers from, as native/dns.c reads it. */
export function zone(key: KeyObject): string {
  const publicKey = key.export({ type: 'spki', format: 'der' }).toString('base64')
  return [
    'bench-sender.com A 45.96.0.1',
    'bench-sender.com MX mx.bench-sender.com',
    'mx.bench-sender.com A 45.96.0.2',
    'mail.bench-sender.com A 45.96.0.3',
    'bench-sender.com TXT v=spf1 include:_spf.bench-sender.com mx -all',
    '_spf.bench-sender.com TXT v=spf1 ip4:192.0.2.0/24 ip4:45.64.0.0/10 ~all',
    'mail.bench-sender.com TXT v=spf1 ip4:45.64.0.0/10 -all',
    `sel._domainkey.bench-sender.com TXT v=DKIM1; p=${publicKey}`,
    '_dmarc.bench-sender.com TXT v=DMARC1; p=reject',
    'bench-rcpt.com MX mx.bench-rcpt.com',
    'mx.bench-rcpt.com A 45.96.0.9',
    ...blocklists.map(name => `${name} LIST 127.0.0.2 ${listed}`),
    ...publicLists,
    '',
  ].join('\n')
}
