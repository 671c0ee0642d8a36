import { isIPv6 } from 'node:net'
import { type Network, neighbourhood } from '../mail/network.ts'
import type { Limits } from './limits.ts'

/** Which limit a new connection is over. */
export type Excess = 'connectionsPerAddress' | 'connectionsPerNetwork' | 'newPerMinute'

export type Admission = { readonly release: () => void } | { readonly excess: Excess; readonly isFirst: boolean }

interface Minute {
  readonly started: number
  connections: number
  /** Whether a refusal has been reported in this minute. */
  reported: boolean
}

/**
 * What has changed in one process since it told last, so that others can count it too: open connections by address and by
 * network, new ones by address, and all that are open, those without a limit included.
 */
export interface Changes {
  readonly open: readonly Change[]
  readonly arrived: readonly Change[]
  readonly total: number
}

type Change = readonly [key: string, by: number]

const minuteMs = 60_000
/** So long changes are gathered before the others hear of them. */
const gatherMs = 50
/** So many addresses are watched for their rate; the oldest are forgotten first. */
const watchedAddresses = 100_000

/**
 * Counts connections by address and by network, so that no client takes the place of all others.
 *
 * Several processes hold the limits together: each tells its changes (`share`) and hears those of the others (`hear`). Nobody
 * is asked when a connection comes, so a limit may be exceeded by what comes to other processes within about 50 ms.
 */
export class ConnectionLimits {
  readonly #limits: Limits
  readonly #exempt: readonly Network[]
  readonly #open = new Map<string, number>()
  /** Those of other processes. */
  readonly #elsewhere = new Map<string, number>()
  #total = 0
  #totalElsewhere = 0
  /** In the order of their starts. */
  readonly #minutes = new Map<string, Minute>()
  /** What the others have not heard yet. */
  #untold = noChanges()
  #tell: ((changes: Changes) => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Limits, exempt: readonly Network[]) {
    this.#limits = limits
    this.#exempt = exempt
  }

  /** Lets a connection in, until it is released, or says which limit forbids it. */
  admit(ip: string, now: number): Admission {
    if (this.#exempt.some(network => network.contains(ip))) return { release: () => {} }
    const minute = this.#minute(ip, now)
    minute.connections++
    this.#note(this.#untold.arrived, ip, 1)
    const network = neighbourhood(ip)
    const excess = this.#excess(ip, network, minute)
    if (!excess) return { release: this.#take(ip, network) }
    const isFirst = !minute.reported
    minute.reported = true
    return { excess, isFirst }
  }

  /** Counts a connection of any kind that has come (1), or is gone or on its way out (-1). */
  count(by: 1 | -1): void {
    this.#total += by
    if (!this.#tell) return
    this.#untold.total += by
    this.#tellSoon()
  }

  /** Connections of any kind that are open in other processes. */
  get elsewhere(): number {
    return this.#totalElsewhere
  }

  /** From now on other processes hear what is open here, and what changes. */
  share(tell: (changes: Changes) => void): void {
    this.#tell = tell
    this.#untold = { open: new Map(this.#open), arrived: new Map(), total: this.#total }
    this.#tellSoon()
  }

  /** Counts what has changed in other processes. */
  hear({ open, arrived, total }: Changes, now: number): void {
    this.#totalElsewhere += total
    for (const [key, by] of open) add(this.#elsewhere, key, by)
    for (const [ip, by] of arrived) this.#minute(ip, now).connections += by
  }

  #note(changes: Map<string, number>, key: string, by: number): void {
    if (!this.#tell) return
    add(changes, key, by)
    this.#tellSoon()
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const { open, arrived, total } = this.#untold
      this.#untold = noChanges()
      // What has come and gone in the meantime is no news, except to the rate.
      if (open.size > 0 || arrived.size > 0 || total !== 0) this.#tell?.({ open: [...open], arrived: [...arrived], total })
    }, gatherMs).unref()
  }

  /** How many connections an address has; none when no limit is for it. */
  openFrom(ip: string): number {
    return this.#count(ip)
  }

  #excess(ip: string, network: string, minute: Minute): Excess | undefined {
    const { connectionsPerAddress, connectionsPerNetwork, newPerMinute } = this.#limits
    if (minute.connections > newPerMinute) return 'newPerMinute'
    if (this.#count(ip) >= connectionsPerAddress) return 'connectionsPerAddress'
    return this.#count(network) >= connectionsPerNetwork ? 'connectionsPerNetwork' : undefined
  }

  #minute(ip: string, now: number): Minute {
    // Who has one address in IPv6 has a whole /64 of them, and could come from another one each time.
    const key = isIPv6(ip) ? neighbourhood(ip) : ip
    const known = this.#minutes.get(key)
    if (known && isMinuteOf(known.started, now)) return known
    const minute: Minute = { started: now, connections: 0, reported: false }
    this.#minutes.delete(key)
    this.#minutes.set(key, minute)
    this.#forget(now)
    return minute
  }

  /** The minutes that are over, and the oldest when there are too many. */
  #forget(now: number): void {
    for (const [ip, { started }] of this.#minutes) {
      if (isMinuteOf(started, now) && this.#minutes.size <= watchedAddresses) return
      this.#minutes.delete(ip)
    }
  }

  #count(key: string): number {
    return (this.#open.get(key) ?? 0) + (this.#elsewhere.get(key) ?? 0)
  }

  #take(...keys: readonly string[]): () => void {
    this.#change(keys, 1)
    let released = false
    return () => {
      if (released) return
      released = true
      this.#change(keys, -1)
    }
  }

  #change(keys: readonly string[], by: 1 | -1): void {
    for (const key of keys) {
      add(this.#open, key, by)
      this.#note(this.#untold.open, key, by)
    }
  }
}

/** What is zero is forgotten. */
function add(counts: Map<string, number>, key: string, by: number): void {
  const sum = (counts.get(key) ?? 0) + by
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}

function noChanges() {
  return { open: new Map<string, number>(), arrived: new Map<string, number>(), total: 0 }
}

/** Whether a minute is not over yet. One that is still to begin is from before the clock was set back. */
function isMinuteOf(started: number, now: number): boolean {
  return started <= now && now - started < minuteMs
}
