import type { Dns } from '../engine/dns.ts'
import { shuffled } from './shuffled.ts'

/** Which kinds of addresses are used, and which come first. */
export type Families = readonly (4 | 6)[]

/** Where a host can be reached. */
export interface HostAddresses {
  /** In the order in which they are to be tried, both kinds by turns. Aliases have been followed, as all MTAs do (against RFC 2181, 10.3). */
  readonly addresses: readonly string[]
  /** Whether all that was asked for has been validated (RFC 7672, 2.2.2). */
  readonly secure: boolean
  /** Why there may be addresses that we do not know of. */
  readonly trouble?: string
}

const mostAddresses = 20

/** Looks up the addresses of a host, of those kinds that we can use. */
export async function findAddresses(dns: Dns, name: string, families: Families): Promise<HostAddresses> {
  const answers = await Promise.all(families.map(family => dns.query(family === 4 ? 'A' : 'AAAA', name)))
  const known = answers.filter(({ status }) => status !== 'temperror')
  const failed = answers.find(({ status }) => status === 'temperror')
  const lists = known.map(({ records }) => shuffled(records).slice(0, mostAddresses))
  return {
    addresses: byTurns(lists),
    secure: known.length > 0 && known.every(({ secure }) => secure),
    ...(failed && { trouble: `addresses of ${name}: ${failed.error}` }),
  }
}

/** So that a path that is broken for one kind costs one address only. */
function byTurns(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap(list => list[at] ?? [])).flat()
}
