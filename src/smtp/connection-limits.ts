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

const minuteMs = 60_000
/** So many addresses are watched for their rate; the oldest are forgotten first. */
const watchedAddresses = 100_000

/** Counts connections by address and by network, so that no client takes the place of all others. */
export class ConnectionLimits {
  readonly #limits: Limits
  readonly #exempt: readonly Network[]
  readonly #open = new Map<string, number>()
  /** In the order of their starts. */
  readonly #minutes = new Map<string, Minute>()

  constructor(limits: Limits, exempt: readonly Network[]) {
    this.#limits = limits
    this.#exempt = exempt
  }

  /** Lets a connection in, until it is released, or says which limit forbids it. */
  admit(ip: string, now: number): Admission {
    if (this.#exempt.some(network => network.contains(ip))) return { release: () => {} }
    const minute = this.#minute(ip, now)
    minute.connections++
    const network = neighbourhood(ip)
    const excess = this.#excess(ip, network, minute)
    if (!excess) return { release: this.#take(ip, network) }
    const isFirst = !minute.reported
    minute.reported = true
    return { excess, isFirst }
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
    if (known && now - known.started < minuteMs) return known
    const minute: Minute = { started: now, connections: 0, reported: false }
    this.#minutes.delete(key)
    this.#minutes.set(key, minute)
    this.#forget(now)
    return minute
  }

  /** The minutes that are over, and the oldest when there are too many. */
  #forget(now: number): void {
    for (const [ip, { started }] of this.#minutes) {
      if (now - started < minuteMs && this.#minutes.size <= watchedAddresses) return
      this.#minutes.delete(ip)
    }
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0
  }

  #take(...keys: readonly string[]): () => void {
    for (const key of keys) this.#open.set(key, this.#count(key) + 1)
    let released = false
    return () => {
      if (released) return
      released = true
      for (const key of keys) this.#giveBack(key)
    }
  }

  #giveBack(key: string): void {
    const left = this.#count(key) - 1
    if (left > 0) this.#open.set(key, left)
    else this.#open.delete(key)
  }
}
