import type { Phase } from './phase.ts'

/** What a next hop is asked for in a transaction. */
export type HopStep = 'recipient' | 'message'

/** Told how long things took, in milliseconds, as each ends. It never throws, and takes no time worth counting. */
export interface Meter {
  /** The rules of a phase have judged. */
  phase(phase: Phase, ms: number): void
  /** A fact was found out, or could not be. */
  fact(name: string, ms: number, isFound: boolean): void
  /** A next hop has answered. */
  hop(name: string, step: HopStep, ms: number): void
  /** A connection to a next hop was opened, or which trouble there was. */
  connected(name: string, ms: number, trouble?: string): void
}
