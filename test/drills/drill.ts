import type { Stage } from './stage/stage.ts'

/** What became of one harm: a line of the table. */
export interface Outcome {
  /** The harm that was done. */
  readonly done: string
  /** The replies that clients heard. */
  readonly clients: string
  /** Where the mail is now, and what else was seen. */
  readonly where: string
  /** What should not have been; none when all is well. */
  readonly faults: readonly string[]
}

/** A harm that is done to a running Postern, with what must come of it. */
export interface Drill {
  readonly name: string
  /** Why it cannot be done on this machine; undefined when it can. */
  readonly lacks?: () => string | undefined | Promise<string | undefined>
  /** What became of it; or why it could not be done after all. */
  readonly run: (stage: Stage) => Promise<readonly Outcome[] | string>
}

/** The faults whose condition does not hold. */
export function expecting(expectations: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(expectations).flatMap(([expected, holds]) => (holds ? [] : [`expected: ${expected}`]))
}
