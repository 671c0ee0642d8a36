import type { Fact } from '../engine/fact.ts'
import type { Rule } from '../engine/rule.ts'
import type { FactEntry, Trace } from '../engine/trace.ts'
import { type Address, formatAddress } from '../mail/address.ts'

/**
 * The same rules, whose facts are what a trace says they were: nothing is looked up. A fact that the trace does not
 * hold is one that could not be found out.
 */
export function withRecordedFacts(rules: readonly Rule[], trace: Pick<Trace, 'facts'>): Rule[] {
  const recorded = new Map(trace.facts.map(entry => [key(entry.fact, entry.recipient), entry]))
  return rules.map(rule => {
    const facts = Object.entries(rule.facts).map(([name, fact]) => [name, recordedFact(fact, recorded)])
    return { ...rule, facts: Object.fromEntries(facts) }
  })
}

function recordedFact({ name, since }: Fact, recorded: ReadonlyMap<string, FactEntry>): Fact {
  return {
    name,
    since,
    find: known => {
      const entry = recorded.get(key(name, recipientOf(known))) ?? recorded.get(key(name))
      if (!entry) throw new Error(`${name} is not in the trace`)
      if (entry.error !== undefined) throw new Error(entry.error)
      return entry.value
    },
  }
}

function key(fact: string, recipient = ''): string {
  return `${fact}\n${recipient}`
}

function recipientOf(known: object): string {
  // At RCPT, and only there, one recipient is known.
  return 'recipient' in known ? formatAddress(known.recipient as Address) : ''
}
