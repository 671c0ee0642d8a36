import { z } from 'zod'
import { parseDomain } from '../mail/address.ts'
import { deadList } from './dead-lists.ts'
import { lookUpZone } from './zone-table.ts'

/** The zone of a list: a name with a dot. */
type Zone = `${string}.${string}`

/** What a list is of: addresses of bad clients, bad domains, or addresses of good clients. */
type ListKind = 'addresses' | 'domains' | 'good addresses'

/** Of well-known lists. Asked for the other thing, a list answers nothing, or makes the bad good. */
const kinds: ReadonlyMap<string, ListKind> = new Map([
  ...['zen.spamhaus.org', 'sbl.spamhaus.org', 'xbl.spamhaus.org', 'pbl.spamhaus.org', 'sbl-xbl.spamhaus.org'].map(
    isOf('addresses'),
  ),
  ...['zen.dq.spamhaus.net', 'sbl.dq.spamhaus.net', 'xbl.dq.spamhaus.net', 'pbl.dq.spamhaus.net'].map(isOf('addresses')),
  ...['bl.spamcop.net', 'b.barracudacentral.org', 'bl.mailspike.net', 'bl.blocklist.de', 'uceprotect.net'].map(isOf('addresses')),
  ...['dbl.spamhaus.org', 'dbl.dq.spamhaus.net', 'zrd.dq.spamhaus.net', 'surbl.org', 'uribl.com'].map(isOf('domains')),
  ...['dnswl.org', 'wl.mailspike.net'].map(isOf('good addresses')),
])

function isOf(kind: ListKind): (zone: string) => readonly [string, ListKind] {
  return zone => [zone, kind]
}

/**
 * The zone of a list in the DNS, in lower case. One that has been shut down is refused, since nobody means to ask it; so is
 * one that is known to be of another kind.
 */
export function listZone(kind: ListKind) {
  return z
    .string()
    .toLowerCase()
    .transform((text, context): Zone => {
      const zone = text.replace(/\.$/, '')
      const expected = objection(zone, kind)
      if (expected === undefined && isZone(zone)) return zone
      context.addIssue({ code: 'custom', message: `expected ${expected ?? examples[kind]}`, input: text })
      return z.NEVER
    })
}

const examples: Readonly<Record<ListKind, string>> = {
  addresses: 'the zone of a list, such as zen.spamhaus.org',
  domains: 'the zone of a list of domains, such as dbl.spamhaus.org',
  'good addresses': 'the zone of an allow list, such as list.dnswl.org',
}

/** What would have to stand there instead; nothing when the zone will do. */
function objection(zone: string, kind: ListKind): string | undefined {
  const ended = deadList(zone)
  if (ended !== undefined) return `a list that is alive: this one ended in ${ended}`
  const known = lookUpZone(kinds, zone)
  if (known !== undefined && known !== kind) return `a list of ${kind}: this one is of ${known}`
  return /^[a-z]+\.dq\.spamhaus\.net$/.test(zone) ? 'your key in front of this zone' : undefined
}

function isZone(zone: string): zone is Zone {
  return zone.includes('.') && !zone.startsWith('[') && parseDomain(zone) !== undefined
}
