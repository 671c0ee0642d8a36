/** What one policy has to say about one message. */
export type Verdict<R extends string = string> =
  | { readonly action: 'pass' }
  | { readonly action: 'score'; readonly points: number; readonly reason: R; readonly detail?: string }
  | { readonly action: FinalAction; readonly reason: R; readonly detail?: string }

/** `accept`, `defer` and `reject` end the evaluation; `quarantine` is remembered and evaluation goes on. */
export type FinalAction = 'accept' | 'quarantine' | 'defer' | 'reject'

const passed: Verdict<never> = { action: 'pass' }

export const pass = (): Verdict<never> => passed

/** `detail` is for the trace: the sender never reads it. */
export const score = <R extends string>(points: number, reason: R, detail?: string): Verdict<R> => ({
  action: 'score',
  points,
  reason,
  ...(detail === undefined ? {} : { detail }),
})

const final =
  (action: FinalAction) =>
  <R extends string>(reason: R, detail?: string): Verdict<R> => ({ action, reason, ...(detail === undefined ? {} : { detail }) })

export const accept = final('accept')
export const quarantine = final('quarantine')
export const defer = final('defer')
export const reject = final('reject')
