import { isIPv6 } from 'node:net'
import type { Dns } from '../engine/dns.ts'
import { publicZone } from '../facts/list-answer.ts'
import { addressList, type List, ListWatch } from '../facts/list-watch.ts'
import { readListing } from '../facts/listing.ts'
import { reversed } from '../mail/network.ts'
import type { CatalogueList } from './catalogue.ts'
import { seemsListed } from './second-opinion.ts'

/** What one list says of one address. */
export interface SweptListing {
  readonly address: string
  /** Without a key. */
  readonly zone: string
  readonly name: string
  readonly status: 'listed' | 'not listed' | 'unknown'
  /** What for, as the list says it: `127.0.0.2`. Empty unless listed. */
  readonly codes: readonly string[]
  readonly removal: string
  /** Why the status is `unknown`. */
  readonly why?: string
}

export interface Sweep {
  readonly addresses: readonly string[]
  readonly lists: readonly CatalogueList[]
  readonly dns: Dns
  /** The servers that `dns` asks. */
  readonly servers: readonly string[]
  /** All of it takes no longer; 60 seconds unless told. */
  readonly timeoutMs?: number
}

/** So many questions at a time: nobody waits for them, and they are not to be in the way of mail. */
const atOnce = 8

/**
 * Asks all lists about all addresses, twice: by a package that knows nothing of us, and by our own resolver, which knows return
 * codes and refusals. Where the two do not agree, and where a list fails its own test, nothing is known.
 */
export async function sweep({ addresses, lists, dns, servers, timeoutMs = 60_000 }: Sweep): Promise<SweptListing[]> {
  const until = performance.now() + timeoutMs
  const watch = new ListWatch({ dns, lists: lists.map(({ zone }) => addressList(zone)), report: () => {} })
  await watch.test()
  const tasks = addresses.flatMap(address => lists.filter(list => isFor(list, address)).map(list => ({ address, list })))
  const found: SweptListing[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < tasks.length; at = next++) {
      const task = tasks[at] as (typeof tasks)[number] // It is inside.
      found[at] = about(task, performance.now() < until ? await ask(task, watch, servers) : unknown('it took too long'))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}

function isFor({ ipv6 }: CatalogueList, address: string): boolean {
  return !isIPv6(address) || ipv6 === true
}

interface Task {
  readonly address: string
  readonly list: CatalogueList
}

type Answer = Pick<SweptListing, 'status' | 'codes' | 'why'>

async function ask({ address, list: { zone } }: Task, dns: Dns, servers: readonly string[]): Promise<Answer> {
  const list: List = addressList(zone)
  const [seems, answer] = await Promise.all([seemsListed(address, zone, servers), dns.query('A', `${reversed(address)}.${zone}`)])
  const { status, codes, error } = readListing(answer, list)
  if (status === 'listed') return { status, codes }
  if (status !== 'clean') return unknown(error ?? 'no answer')
  return seems ? unknown('two answers differ: one has it listed, ours has not') : { status: 'not listed', codes: [] }
}

function unknown(why: string): Answer {
  return { status: 'unknown', codes: [], why }
}

function about({ address, list: { zone, name, removal } }: Task, answer: Answer): SweptListing {
  return { address, zone: publicZone(zone), name, ...answer, removal }
}
