import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { StressCounts } from '../metrics/edge.ts'
import type { Limits } from './limits.ts'
import type { Logger } from './logger.ts'

export interface PaceOptions {
  readonly limits: Limits
  /** How many connections are open, in all processes. */
  readonly open: () => number
  readonly counts: StressCounts
  readonly log: Logger
}

/** How finely the delay of the event loop is measured: a loop that is never late shows this much. */
const resolutionMs = 20
const checkMs = 1000
/** Stress is over when there is so much less of what began it. */
const calmShare = 0.75

/**
 * How patient we are. Nearly full, or late with everything, we give each client less time, as Postfix does: whoever sends
 * mail is quick enough, and the place of who does not is needed.
 */
export class Pace {
  readonly #options: PaceOptions
  /** The limits as they are under stress. */
  readonly strict: Limits
  readonly #delays = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #timer: NodeJS.Timeout
  #calmSince: number | undefined

  constructor(options: PaceOptions) {
    this.#options = options
    this.strict = strictly(options.limits)
    this.#delays.enable()
    this.#timer = setInterval(() => this.#check(), Math.min(checkMs, options.limits.stress.calmMs)).unref()
  }

  /** The limits that are in force now. */
  get limits(): Limits {
    return this.#options.counts.stress ? this.strict : this.#options.limits
  }

  /** A connection has come: a flood should not have to wait for the next look. */
  noteArrival(): void {
    if (!this.#options.counts.stress && this.#isCrowded(1)) this.#begin(0)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#delays.disable()
  }

  #check(): void {
    const delayMs = Math.max(0, this.#delays.percentile(50) / 1e6 - resolutionMs)
    this.#delays.reset()
    const { counts } = this.#options
    if (!counts.stress) {
      if (this.#isCrowded(1) || this.#isLate(delayMs, 1)) this.#begin(delayMs)
    } else if (this.#isCrowded(calmShare) || this.#isLate(delayMs, calmShare)) this.#calmSince = undefined
    else this.#calm()
  }

  #isCrowded(share: number): boolean {
    const { connections, stress } = this.#options.limits
    return stress.atPercent > 0 && this.#options.open() >= (connections * stress.atPercent * share) / 100
  }

  #isLate(delayMs: number, share: number): boolean {
    const { atDelayMs } = this.#options.limits.stress
    return atDelayMs > 0 && delayMs >= atDelayMs * share
  }

  #begin(delayMs: number): void {
    const { counts, log, open } = this.#options
    counts.stress = 1
    counts.stressed++
    this.#calmSince = undefined
    log.warn({ connections: open(), delayMs: Math.round(delayMs) }, 'under stress: clients are given less time')
  }

  #calm(): void {
    const { counts, log, open, limits } = this.#options
    this.#calmSince ??= performance.now()
    if (performance.now() - this.#calmSince < limits.stress.calmMs) return
    counts.stress = 0
    log.info({ connections: open() }, 'no longer under stress')
  }
}

function strictly(limits: Limits): Limits {
  const { commandMs, dataBlockMs, sessionMs, greetDelayMs } = limits.stress
  return {
    ...limits,
    greetDelayMs: Math.min(limits.greetDelayMs, greetDelayMs),
    tlsHandshakeMs: Math.min(limits.tlsHandshakeMs, commandMs),
    commandMs: Math.min(limits.commandMs, commandMs),
    dataBlockMs: Math.min(limits.dataBlockMs, dataBlockMs),
    sessionMs: Math.min(limits.sessionMs, sessionMs),
  }
}
