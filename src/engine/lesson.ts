import type { Store } from './store.ts'
import type { Trace } from './trace.ts'
import type { Verdict } from './verdict.ts'

/** What a policy may learn from: a transaction that is over. */
export interface Lesson<O, F> {
  readonly trace: Trace
  /** What the rule itself has said about it. */
  readonly said: readonly Verdict[]
  readonly options: O
  /** Those that were found. */
  readonly facts: Partial<F>
  /** The memory that the policy judges by. */
  readonly store: Store
  readonly now: Date
}

/** Something for the log, in the words of the policy. */
export interface Note {
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Whether a trace is about mail that has been judged, has reached everybody, and that nobody had doubts about. */
export function wasWelcome({ recipients }: Trace): boolean {
  return recipients.length > 0 && recipients.every(({ outcome, tagged, exempt }) => outcome === 'delivered' && !tagged && !exempt)
}
