/** How the primary waits for its workers, in milliseconds. */
export interface Timings {
  /** A worker that was silent for so long is blocked, and is killed. */
  readonly silentMs: number
  /** How long it may take to be ready. */
  readonly startMs: number
  /** How long the sessions of a worker that is replaced may go on before they are ended, with 421 after the message at hand. */
  readonly retireMs: number
  /** How much longer than its messages it may take to end. */
  readonly graceMs: number
  /** After the first death within `againMs`; then twice as long each time. */
  readonly restartMs: number
  /** After the fifth and all later ones. */
  readonly slowMs: number
  readonly againMs: number
}

export const defaultTimings: Timings = {
  silentMs: 10_000,
  startMs: 60_000,
  retireMs: 30_000,
  graceMs: 5000,
  restartMs: 100,
  slowMs: 10_000,
  againMs: 30_000,
}

/** How often a worker gives a sign of life. */
export const aliveMs = 500
