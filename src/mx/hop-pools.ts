import type { NextHop } from '../relay/next-hop.ts'
import { Pool } from '../relay/pool.ts'

/** A server, and the connections to it. */
export interface PooledHop {
  readonly hop: NextHop
  readonly pool: Pool
}

/** How many servers are remembered at a time. One that was not needed for longest goes first: its connections close when they are idle. */
const mostPools = 1000

/** The connections to all mail servers out there. */
export class HopPools {
  readonly #mostConnections: number
  /** The one that was used last comes last. */
  readonly #pools = new Map<string, PooledHop>()

  constructor(mostConnections: number) {
    this.#mostConnections = mostConnections
  }

  /** Whether there are as many connections as there may be at all. Those that nobody uses make room. */
  get isFull(): boolean {
    if (this.counts.connections < this.#mostConnections) return false
    for (const { pool } of this.#pools.values()) pool.closeIdle()
    return this.counts.connections >= this.#mostConnections
  }

  /** How many connections are open, and how many servers are remembered. */
  get counts(): { readonly connections: number; readonly servers: number } {
    let connections = 0
    for (const { pool } of this.#pools.values()) connections += pool.counts.open
    return { connections, servers: this.#pools.size }
  }

  /** The connections to a server that are as good as these are to be; `key` says how good. */
  get(hop: NextHop, key: string): PooledHop {
    const name = `${hop.name} ${key}`
    const pooled = this.#pools.get(name) ?? { hop, pool: new Pool(hop) }
    this.#pools.delete(name)
    this.#pools.set(name, pooled)
    if (this.#pools.size > mostPools) this.#forgetOldest()
    return pooled
  }

  close(): void {
    for (const { pool } of this.#pools.values()) pool.close()
    this.#pools.clear()
  }

  #forgetOldest(): void {
    const [oldest] = this.#pools
    if (!oldest) return
    this.#pools.delete(oldest[0])
    oldest[1].pool.close()
  }
}
