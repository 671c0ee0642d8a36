import type { Zone } from '../../fixtures/dns-server.ts'
import { lists } from '../../scripts/realworld/replay.ts'
import { type RecordedSession, readSessions, zoneOf } from '../../scripts/realworld/sessions.ts'
import { reversed } from '../../src/mail/network.ts'

/** A session of the corpus as one client might have sent it, and what the DNS says of it. */
export interface Origin {
  readonly session: RecordedSession
  readonly ip: string
  readonly zone: Zone
}

/** Each session comes from its own client, and from others of the same network. */
const clients = 3

/** What to make sessions of: those of the corpus whose client and sender are known, from several clients each. */
export async function readOrigins(): Promise<Origin[]> {
  const sessions = (await readSessions()).filter(({ client_ip }) => !client_ip.includes(':'))
  return sessions.flatMap(session =>
    Array.from({ length: clients }, (_, client) => {
      const ip = neighbour(session.client_ip, client)
      return { session, ip, zone: { ...zoneOf(session), ...listings(ip) } }
    }),
  )
}

/** The same address, or another one beside it. */
function neighbour(ip: string, distance: number): string {
  const parts = ip.split('.').map(Number)
  const last = distance === 0 ? parts[3] : (((parts[3] ?? 0) + 37 * distance) % 254) + 1
  return [...parts.slice(0, 3), last].join('.')
}

/** Some clients are in blocklists. */
function listings(ip: string): Zone {
  const sum = ip.split('.').reduce((sum, part) => sum * 31 + Number(part), 7)
  const name = reversed(ip)
  if (sum % 7 === 0) return { [`${name}.zen.spamhaus.org`]: { A: ['127.0.0.4'] } }
  if (sum % 7 === 1) return { [`${name}.bl.spamcop.net`]: { A: ['127.0.0.2'] } }
  if (sum % 7 === 2) return { [`${name}.bl.mailspike.net`]: { A: ['127.0.0.12'] } }
  return {}
}

/** What the DNS says of every session: the lists work. */
export const always: Zone = lists
