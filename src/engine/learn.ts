import { inTime } from './deadline.ts'
import type { Lesson, Note } from './lesson.ts'
import type { Rule } from './rule.ts'
import type { Trace } from './trace.ts'

/** A note, and the rule that makes it; or what went wrong. */
export type Remark = { readonly rule: string } & ({ readonly note: Note } | { readonly error: string })

/** Lets the rules learn from a transaction. Nobody waits for it, so what goes wrong is only told. */
export async function learn(rules: readonly Rule[], trace: Trace, now: Date): Promise<readonly Remark[]> {
  const students = rules.filter(({ policy }) => policy.learn !== undefined)
  const remarks = await Promise.all(students.map(rule => study(rule, trace, now)))
  return remarks.flat()
}

async function study(rule: Rule, trace: Trace, now: Date): Promise<Remark[]> {
  const { name, policy, options, store, timeoutMs } = rule
  const said = trace.entries.filter(({ rule }) => rule === name).map(({ verdict }) => verdict)
  const lesson: Lesson<unknown, object> = { trace, said, options, facts: factsIn(trace, rule), store, now }
  try {
    const learned = policy.learn?.(lesson) ?? []
    const notes: readonly Note[] = learned instanceof Promise ? await inTime(name, timeoutMs, learned) : learned
    return notes.map(note => ({ rule: name, note }))
  } catch (error) {
    return [{ rule: name, error: String(error) }]
  }
}

/** What was found of what the rule needs; facts about single recipients are left out. */
function factsIn(trace: Trace, { facts }: Rule): object {
  const found = new Map(trace.facts.map(entry => [entry.fact, entry]))
  const known = Object.entries(facts).flatMap(([name, fact]) => {
    const entry = found.get(fact.name)
    return entry === undefined || entry.error !== undefined || entry.recipient !== undefined ? [] : [[name, entry.value] as const]
  })
  return Object.fromEntries(known)
}
