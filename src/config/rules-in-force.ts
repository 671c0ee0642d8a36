import type { Rule } from '../engine/rule.ts'
import { partOf, type Store } from '../engine/store.ts'
import type { Address } from '../mail/address.ts'
import { matchesDomain } from '../mail/domain.ts'
import type { PlannedRule } from './rule-list.ts'
import type { RecipientPattern } from './rules.ts'

/** The rule that judges, each with a part of the store that is its own. */
export function putInForce({ name, policy, options, facts, settings }: PlannedRule, store: Store): Rule {
  const { mode, always, timeoutMs, to, onError = policy.onError } = settings
  return {
    name,
    policy,
    phase: policy.phase,
    options,
    facts,
    store: partOf(store, name),
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
