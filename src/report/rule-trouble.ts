import type { Trace } from '../engine/trace.ts'
import type { Log } from './log.ts'

const againMs = 10 * 60 * 1000

/**
 * Says aloud that a rule is broken, since its verdict is `pass` or `defer` then, and that a rule keeps the process from
 * everything else: in a trace alone nobody would see it.
 */
export class RuleTrouble {
  readonly #log: Pick<Log, 'error'>
  /** The administrator's file that a rule's policy stands in. */
  readonly #files: ReadonlyMap<string, string>
  /** When each rule was last complained about, and of what. */
  readonly #told = new Map<string, number>()

  constructor(log: Pick<Log, 'error'>, files: ReadonlyMap<string, string> = new Map()) {
    this.#log = log
    this.#files = files
  }

  /** Complains about each rule that broke, or blocked, at most once in ten minutes. */
  tell({ id, entries, started }: Trace): void {
    const now = Date.parse(started)
    for (const { rule, error, verdict, blockedMs } of entries) {
      if (error === undefined && blockedMs === undefined) continue
      const file = this.#files.get(rule)
      const about = { rule, ...(file !== undefined && { file }), id }
      if (error !== undefined && this.#isNew(`${rule} is broken`, now)) {
        this.#log.error({ ...about, error, verdict: verdict.action }, 'a rule is broken, and mail goes on without it')
      }
      if (blockedMs !== undefined && this.#isNew(`${rule} blocks`, now)) {
        this.#log.error({ ...about, blockedMs }, 'a rule keeps the process from everything else for too long')
      }
    }
  }

  #isNew(complaint: string, now: number): boolean {
    if (now - (this.#told.get(complaint) ?? Number.NEGATIVE_INFINITY) < againMs) return false
    this.#told.set(complaint, now)
    return true
  }
}
