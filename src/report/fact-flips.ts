import type { Rule } from '../engine/rule.ts'
import type { Trace } from '../engine/trace.ts'
import { changed, type Flip } from './counterfactual.ts'
import type { JudgeAgain } from './judge-again.ts'

/** Which fact has decided: each that would have led to another outcome if it had been beyond reproach. Derived facts stay what they are. */
export async function findFactFlips(
  { before, facts }: { readonly before: Trace; readonly facts: Trace['facts'] },
  rules: readonly Rule[],
  judge: JudgeAgain,
): Promise<Flip[]> {
  const known = new Map(rules.flatMap(rule => Object.values(rule.facts)).map(fact => [fact.name, fact]))
  const flips: Flip[] = []
  for (const entry of facts) {
    const value = entry.error === undefined && known.get(entry.fact)?.unobjectionable?.(entry.value)
    if (!value) continue
    const others = facts.map(other => (other === entry ? { ...other, value } : other))
    const recipients = changed(before, await judge(rules, others))
    if (recipients.length > 0) flips.push({ change: { fact: entry.fact, value }, recipients })
  }
  return flips
}
