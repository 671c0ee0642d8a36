import { across, gauge } from './family.ts'
import type { Page } from './page.ts'

export const hops = {
  up: across(
    'max',
    gauge('postern_next_hop_up', '0 when the last connection to this next hop that was tried has failed, else 1.', 'hop'),
  ),
  connections: gauge('postern_next_hop_connections', 'Connections to a next hop, in use (busy) or kept (idle).', 'hop', 'state'),
  waiting: gauge('postern_next_hop_waiting', 'Transactions that wait for a connection because all are in use.', 'hop'),
} as const

/** The connections to one next hop. */
interface PoolCounts {
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** A next hop, with its connections when it is one that is connected to. */
export interface Hop {
  readonly name: string
  readonly pool?: PoolCounts | undefined
}

export function writeHops(page: Page, all: readonly Hop[], isDown: (name: string) => boolean): void {
  // Domains that go to one place in different ways have a pool each: under one name they are one.
  for (const [name, same] of Map.groupBy(all, hop => hop.name)) {
    const pools = same.flatMap(({ pool }) => pool ?? [])
    const sum = (of: (pool: PoolCounts) => number) => pools.reduce((total, pool) => total + of(pool), 0)
    page.set(hops.up, isDown(name) ? 0 : 1, name)
    if (pools.length === 0) continue
    page.set(
      hops.connections,
      sum(({ open, idle }) => open - idle),
      name,
      'busy',
    )
    page.set(
      hops.connections,
      sum(({ idle }) => idle),
      name,
      'idle',
    )
    page.set(
      hops.waiting,
      sum(({ waiting }) => waiting),
      name,
    )
  }
}
