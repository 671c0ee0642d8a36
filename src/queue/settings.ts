import type { ProviderLimits } from './providers.ts'

/** How the queue goes about it. Times are in milliseconds. */
export interface QueueSettings {
  /** How long a copy rests after its first attempt, its second, and so on; the last one counts for all that follow. */
  readonly scheduleMs: readonly number[]
  /** The same for a next hop of our own. */
  readonly ownScheduleMs: readonly number[]
  readonly lifetimeMs: number
  /** Reports are given up sooner. */
  readonly reportLifetimeMs: number
  /** When the sender hears that a message waits. */
  readonly noticeMs: number
  /** How many deliveries one process has under way. */
  readonly connections: number
  /** By the end of a provider's name. */
  readonly providers: Readonly<Record<string, ProviderLimits>>
}

const [minute, hour] = [60_000, 3_600_000]

export const defaultSchedule = {
  remote: [2 * minute, 5 * minute, 10 * minute, 20 * minute, 40 * minute, hour, 2 * hour, 3 * hour, 4 * hour],
  // It is one's own host: somebody is at work on it already.
  own: [15_000, 30_000, minute, 2 * minute, 5 * minute],
} as const

/** Postfix's are twice as many, for all processes together. */
export const defaultConnections = 50

/** How far a wait may differ from what it should be: so that what came together does not come again together. */
const jitter = 0.1

/** The wait after so many attempts, a little longer or shorter by chance. */
export function waitAfter(attempts: number, scheduleMs: readonly number[], random: () => number): number {
  const ms = scheduleMs[Math.min(attempts, scheduleMs.length - 1)] ?? 0
  return Math.round(ms * (1 - jitter + 2 * jitter * random()))
}
