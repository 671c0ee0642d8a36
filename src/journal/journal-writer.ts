import type { Trace } from '../engine/trace.ts'

/** The journal, for those who write. Nothing that becomes of it holds up mail. */
export interface Journal {
  /** Takes note of a transaction that is over, and of the fingerprint of the configuration by which it was judged. */
  note(trace: Trace, configuration: string): void
  /** What was written, what was lost, and how often there was trouble. */
  readonly counts: { readonly written: number; readonly lost: number; readonly errors: number }
  /** Writes what is only in memory yet, as far as that goes in a moment. */
  close(): Promise<void>
}
