import type { Address } from '../mail/address.ts'
import type { Fact } from './fact.ts'
import { type Phase, phases } from './phase.ts'
import type { AnyPolicy } from './policy.ts'
import type { Store } from './store.ts'

/** A policy as the administrator has enabled it: one entry of the configuration. */
export interface Rule {
  /** The policy's name, with a number behind it when the policy is used more than once: `dnsbl`, `dnsbl-2`. */
  readonly name: string
  readonly policy: AnyPolicy
  readonly phase: Phase
  readonly options: unknown
  readonly facts: Readonly<Record<string, Fact>>
  readonly store: Store
  /** A rule in shadow mode is judged and traced, but does not count. */
  readonly mode: 'enforce' | 'shadow'
  /** Whose mail it judges: that of strangers unless told otherwise, that of our own users and servers, or all. */
  readonly as?: 'mx' | 'submission' | 'any'
  readonly onError: 'pass' | 'defer'
  readonly timeoutMs: number
  /** Runs even after another rule has accepted the mail, and for every recipient: malware scanning, for example. */
  readonly always: boolean
  /** The recipients it is for. Absent when it is for all of them. */
  readonly appliesTo?: (recipient: Address) => boolean
}

/** The rules in their order, sorted by phase once, with what to look up ahead at each. */
export interface Rulebook {
  readonly rules: readonly Rule[]
  /** Where each rule stands in the configuration. */
  readonly place: ReadonlyMap<Rule, number>
  /** The facts that each rule needs, by the name under which it sees them. */
  readonly needs: ReadonlyMap<Rule, readonly (readonly [name: string, fact: Fact])[]>
  readonly at: Readonly<Record<Phase, readonly Rule[]>>
  readonly prefetch: Readonly<Record<Phase, readonly Fact[]>>
}

export function rulebook(rules: readonly Rule[]): Rulebook {
  const facts = rules.flatMap(rule => Object.values(rule.facts)).filter(fact => !fact.costly)
  const unique = [...new Map(facts.map(fact => [fact.name, fact])).values()]
  const byPhase = <T>(select: (phase: Phase) => readonly T[]) =>
    Object.fromEntries(phases.map(phase => [phase, select(phase)])) as unknown as Readonly<Record<Phase, readonly T[]>>
  return {
    rules,
    place: new Map(rules.map((rule, index) => [rule, index])),
    needs: new Map(rules.map(rule => [rule, Object.entries(rule.facts)])),
    at: byPhase(phase => rules.filter(rule => rule.phase === phase)),
    prefetch: byPhase(phase => unique.filter(fact => fact.since === phase)),
  }
}

export const noRules: Rulebook = rulebook([])

/** The rules that judge strangers, or those that judge our own. */
export function rulesAs(rules: readonly Rule[], whom: 'mx' | 'submission'): Rule[] {
  return rules.filter(({ as = 'mx' }) => as === whom || as === 'any')
}
