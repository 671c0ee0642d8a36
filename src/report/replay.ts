import type { Fact } from '../engine/fact.ts'
import type { Rule } from '../engine/rule.ts'
import type { FactEntry, Trace } from '../engine/trace.ts'
import { type Address, formatAddress } from '../mail/address.ts'

/** What becomes of facts that a trace does not hold: they cannot be found out any more, or are looked up after all. */
interface Missing {
  readonly missing: 'unknown' | 'look up'
}

/** The same rules, whose facts are what a trace says they were. */
export function withRecordedFacts(
  rules: readonly Rule[],
  trace: Pick<Trace, 'facts'>,
  { missing }: Missing = { missing: 'unknown' },
): Rule[] {
  const recorded = new Map(trace.facts.map(entry => [key(entry.fact, entry.recipient), entry]))
  return rules.map(rule => {
    const facts = Object.entries(rule.facts).map(([name, fact]) => [name, recordedFact(fact, recorded, missing)])
    return { ...rule, facts: Object.fromEntries(facts) }
  })
}

function recordedFact(fact: Fact, recorded: ReadonlyMap<string, FactEntry>, missing: Missing['missing']): Fact {
  const { name, since } = fact
  return {
    name,
    since,
    find: (known, look) => {
      const entry = recorded.get(key(name, recipientOf(known))) ?? recorded.get(key(name))
      if (!entry && missing === 'look up') return fact.find(known, look)
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
