/** What one policy has to say about one message. */
export type Verdict<R extends string = string> =
  | { readonly action: 'pass' }
  | { readonly action: 'score'; readonly points: number; readonly reason: R; readonly detail?: string }
  | { readonly action: MarkAction; readonly points?: number; readonly reason: R; readonly detail?: string }
  | { readonly action: EndAction; readonly reason: R; readonly detail?: string }

/** Remembered, and evaluation goes on: the message is marked as doubtful, or waits for a person. */
export type MarkAction = 'tag' | 'quarantine'

/** Ends the evaluation. */
export type EndAction = 'accept' | 'defer' | 'reject'

/** What decides about a message, other than points. */
export type FinalAction = MarkAction | EndAction

const passed: Verdict<never> = { action: 'pass' }

export const pass = (): Verdict<never> => passed

/** `detail` is for the trace: the sender never reads it. Zero points are a remark. */
export const score = <R extends string>(points: number, reason: R, detail?: string): Verdict<R> => ({
  action: 'score',
  points,
  reason,
  ...(detail === undefined ? {} : { detail }),
})

const mark =
  (action: MarkAction) =>
  <R extends string>(reason: R, detail?: string, points = 0): Verdict<R> => ({
    action,
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(points === 0 ? {} : { points }),
  })

const end =
  (action: EndAction) =>
  <R extends string>(reason: R, detail?: string): Verdict<R> => ({ action, reason, ...(detail === undefined ? {} : { detail }) })

/** Delivers the message marked as doubtful, if nothing heavier is said. It may bring points of its own. */
export const tag = mark('tag')
/** Keeps the message from its recipients until a person has looked at it. It may bring points of its own. */
export const quarantine = mark('quarantine')
export const accept = end('accept')
export const defer = end('defer')
export const reject = end('reject')

/** The points that a verdict brings, whatever else it says. */
export function pointsOf(verdict: Verdict): number {
  return 'points' in verdict ? (verdict.points ?? 0) : 0
}
