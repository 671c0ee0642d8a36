import { z } from 'zod'
import type { Fact } from './fact.ts'
import type { Known, Past, Phase } from './phase.ts'
import type { Store } from './store.ts'
import type { Tally } from './tally.ts'
import type { Verdict } from './verdict.ts'

export type FactMap<P extends Phase> = Readonly<Record<string, Fact<unknown, Past[P]>>>
export type Found<F> = { readonly [K in keyof F]: F[K] extends Fact<infer T> ? T : never }

/**
 * Why a policy objects: an enhanced status code without its class (RFC 3463), the words the sender may
 * read, and the reply code when a refusal is not simply 550. `{client}`, `{helo}` and `{sender}` in the
 * words stand for what the sender has told us itself.
 */
export type Reason = readonly [status: `${number}.${number}`, text: string, code?: 550 | 554 | 521]

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
  /** What happens to mail when this policy breaks or takes too long. A rule may override it. */
  readonly onError: 'pass' | 'defer'
  facts(options: z.infer<S>): F
  judge(input: Case<P, z.infer<S>, F>): Verdict<NoInfer<R>> | Promise<Verdict<NoInfer<R>>>
}

// The engine handles policies of every shape; their inner types have done their work by then.
// biome-ignore lint/suspicious/noExplicitAny: the one exception (STYLE, Types)
export type AnyPolicy = Policy<any, any, any, any>

const noOptions = z.strictObject({})
type NoOptions = typeof noOptions

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export function definePolicy<
  P extends Phase,
  const R extends string = never,
  S extends z.ZodType = NoOptions,
  F extends FactMap<P> = {},
>(policy: Optional<Policy<P, S, F, R>, 'options' | 'facts' | 'reasons' | 'onError'>): Policy<P, S, F, R> {
  return {
    options: noOptions as unknown as S,
    reasons: {} as Record<R, Reason>,
    onError: 'pass',
    facts: () => ({}) as F,
    ...policy,
  }
}
