import { z } from 'zod'
import type { Evidence } from './evidence.ts'
import type { Fact } from './fact.ts'
import type { Lesson, Note } from './lesson.ts'
import type { Known, Past, Phase } from './phase.ts'
import type { Store } from './store.ts'
import type { Tally } from './tally.ts'
import type { Verdict } from './verdict.ts'

export type FactMap<P extends Phase> = Readonly<Record<string, Fact<unknown, Past[P]>>>
export type Found<F> = { readonly [K in keyof F]: F[K] extends Fact<infer T> | undefined ? T : never }

/**
 * Why a policy objects: an enhanced status code without its class (RFC 3463), the words the sender may
 * read, and the reply code when a refusal is not simply 550, or "later" not simply 451. `{client}`, `{helo}` and
 * `{sender}` in the words stand for what the sender has told us itself.
 */
export type Reason = readonly [status: `${bigint}.${bigint}`, text: string, code?: 550 | 554 | 521 | 451 | 452]

/** What a policy is given to judge by. */
export type Case<P extends Phase, O, F> = Known[P] & {
  readonly options: O
  readonly facts: Found<F>
  /** The sum of what earlier rules have said. */
  readonly tally: Tally
  /** The policy's own memory; no other policy can see it. */
  readonly store: Store
  readonly now: Date
}

export interface Policy<P extends Phase, S extends z.ZodType, F extends FactMap<P>, R extends string> {
  readonly name: string
  readonly phase: P
  /** One sentence for the reference: what it does, in the words of mail. */
  readonly summary: string
  readonly options: S
  readonly reasons: Readonly<Record<R, Reason>>
  /** What kind of evidence its points are: all that is of one kind has a limit. */
  readonly evidence: Evidence
  /** Turns the points of other rules into an outcome, so that it rests on whatever they rest on. */
  readonly sumsUp: boolean
  /** The same policy at other moments, when less or more is known: they share options and memory. */
  readonly also: readonly AnyPolicy[]
  /** What happens to mail when this policy breaks or takes too long. A rule may override it. */
  readonly onError: 'pass' | 'defer'
  facts(options: z.infer<S>): F
  judge(input: Case<P, z.infer<S>, F>): Verdict<NoInfer<R>> | Promise<Verdict<NoInfer<R>>>
  /** What these options make of it, for the few policies whose phase, reasons or evidence follow from them. */
  specialise?(options: z.infer<S>): AnyPolicy
  /** Looks at what has become of a transaction, to remember it. What it answers with is for the log. */
  learn?(lesson: Lesson<z.infer<S>, Found<F>>): Promise<readonly Note[]>
}

// The engine handles policies of every shape; their inner types have done their work by then.
// biome-ignore lint/suspicious/noExplicitAny: the one exception (STYLE, Types)
export type AnyPolicy = Policy<any, any, any, any>

const noOptions = z.strictObject({})
type NoOptions = typeof noOptions

/** What few policies have something to say about. */
type Rare = 'evidence' | 'sumsUp' | 'also'

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export function definePolicy<
  P extends Phase,
  const R extends string = never,
  S extends z.ZodType = NoOptions,
  F extends FactMap<P> = {},
>(policy: Optional<Policy<P, S, F, R>, 'options' | 'facts' | 'reasons' | 'onError' | Rare>): Policy<P, S, F, R> {
  return {
    options: noOptions as unknown as S,
    reasons: {} as Record<R, Reason>,
    onError: 'pass',
    evidence: 'other',
    sumsUp: false,
    also: [],
    facts: () => ({}) as F,
    ...policy,
  }
}
