import type { AnyPolicy } from '../engine/policy.ts'
import type { Rule } from '../engine/rule.ts'
import { partOf, type Store } from '../engine/store.ts'
import { matchesAddress } from '../mail/address-pattern.ts'
import type { PlannedRule } from './rule-list.ts'

/** The rules that judge: one for each moment at which the policy does, with one part of the store, their own. */
export function putInForce(planned: PlannedRule, store: Store): Rule[] {
  const memory = partOf(store, planned.name)
  return [...planned.policy.also, planned.policy].map(policy => ruleOf(policy, planned, memory))
}

function ruleOf(policy: AnyPolicy, { name, options, settings }: PlannedRule, store: Store): Rule {
  const { mode, as, always, timeoutMs, to, onError = policy.onError } = settings
  return {
    name,
    policy,
    phase: policy.phase,
    options,
    facts: policy.facts(options),
    store,
    mode,
    as,
    onError,
    timeoutMs,
    always,
    ...(to && { appliesTo: recipient => to.some(pattern => matchesAddress(recipient, pattern)) }),
  }
}
