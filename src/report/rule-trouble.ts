import type { Trace } from '../engine/trace.ts'
import type { Log } from './log.ts'

const againMs = 10 * 60 * 1000

/** Says aloud that a rule is broken: its verdict is `pass` or `defer` then, and in a trace alone nobody would see it. */
export class RuleTrouble {
  readonly #log: Pick<Log, 'error'>
  /** When each rule was last complained about. */
  readonly #told = new Map<string, number>()

  constructor(log: Pick<Log, 'error'>) {
    this.#log = log
  }

  /** Complains about each rule that broke, at most once in ten minutes. */
  tell({ id, entries, started }: Trace): void {
    const now = Date.parse(started)
    for (const { rule, error, verdict } of entries) {
      if (error === undefined || now - (this.#told.get(rule) ?? Number.NEGATIVE_INFINITY) < againMs) continue
      this.#told.set(rule, now)
      this.#log.error({ rule, id, error, verdict: verdict.action }, 'a rule is broken, and mail goes on without it')
    }
  }
}
