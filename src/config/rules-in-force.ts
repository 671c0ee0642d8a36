import type { AnyPolicy } from '../engine/policy.ts'
import type { Rule } from '../engine/rule.ts'
import { partOf, type Store } from '../engine/store.ts'
import type { Address } from '../mail/address.ts'
import { matchesDomain } from '../mail/domain.ts'
import type { PlannedRule } from './rule-list.ts'
import type { RecipientPattern } from './rules.ts'

/** The rules that judge: one for each moment at which the policy does, with one part of the store, their own. */
export function putInForce(planned: PlannedRule, store: Store): Rule[] {
  const memory = partOf(store, planned.name)
  return [...planned.policy.also, planned.policy].map(policy => ruleOf(policy, planned, memory))
}

function ruleOf(policy: AnyPolicy, { name, options, settings }: PlannedRule, store: Store): Rule {
  const { mode, always, timeoutMs, to, onError = policy.onError } = settings
  return {
    name,
    policy,
    phase: policy.phase,
    options,
    facts: policy.facts(options),
    store,
    mode,
    onError,
    timeoutMs,
    always,
    ...(to && { appliesTo: recipient => to.some(pattern => isMeant(recipient, pattern)) }),
  }
}

function isMeant({ local, domain }: Address, pattern: RecipientPattern): boolean {
  return matchesDomain(domain, pattern.domain) && (pattern.local === undefined || local.toLowerCase() === pattern.local)
}
