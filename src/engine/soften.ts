import type { Findings } from './findings.ts'
import type { Rule } from './rule.ts'
import { pass, quarantine, type Verdict } from './verdict.ts'

/**
 * While the DNS is in trouble nobody is refused for what it says: what would have been refused waits in quarantine, where
 * a person can still find it, and nobody is sent away for later, since later may be no better.
 */
export function soften(verdict: Verdict, rule: Rule, findings: Findings): Verdict {
  if (verdict.action !== 'reject' && verdict.action !== 'defer') return verdict
  if (!restsOnDns(rule, findings)) return verdict
  return verdict.action === 'reject' ? quarantine(verdict.reason, verdict.detail) : pass()
}

function restsOnDns({ policy, facts }: Rule, findings: Findings): boolean {
  return policy.sumsUp || Object.values(facts).some(fact => findings.restsOnDns(fact))
}
