/** How connections may come to workers: their own sockets, Node's cluster in its two ways, or one socket that the primary holds. */
export const ways = ['reusePort', 'round-robin', 'shared', 'held'] as const

export type Way = (typeof ways)[number]

/** What has been done so far, by all processes together. */
export interface Figures {
  /** Connections by place. */
  readonly taken: readonly number[]
  readonly cpuSeconds: number
  readonly primarySeconds: number
}

/** What this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
