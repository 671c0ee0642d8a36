import type { Checked, Problem } from '../config/problem.ts'
import type { Report } from '../metrics/report.ts'
import type { Found } from './startup.ts'

/** Why something does not start: its configuration, or anything else, in words. */
export type Failure = { readonly problems: readonly Problem[] } | { readonly reason: string }

/** Where we listen, as it turned out. */
export interface Listening {
  readonly address: string
  readonly port: number
  readonly as: 'mx' | 'submission'
}

/** The gateway at work, in one process or several. */
export interface Running {
  readonly addresses: readonly Listening[]
  /** What each process has counted. */
  reports(): Promise<readonly Report[]>
  /** Takes a new configuration over; a broken one changes nothing. */
  reload(next: Checked<Found>): Promise<void>
  /** Starts new processes in place of the old ones, as far as there is more than one. */
  renew(next: Checked<Found>): Promise<void>
  /** Finishes what has begun, as far as the time allows. */
  stop(drainMs: number): Promise<void>
  /** Leaves no process behind, and waits for nothing. */
  kill(): Promise<void>
}
