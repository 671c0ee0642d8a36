import { definePolicy } from '../engine/policy.ts'
import type { Rule } from '../engine/rule.ts'
import type { RecipientTrace, Trace } from '../engine/trace.ts'
import { score } from '../engine/verdict.ts'

/** Something that would have led to another outcome. */
export interface Flip {
  /** The rule that would have had to be missing, the points that would have had to come on top, or what a fact would have had to be. */
  readonly change: { readonly without: string } | { readonly points: number } | { readonly fact: string; readonly value: unknown }
  /** The recipients for whom something else would have become of the message. */
  readonly recipients: readonly Pick<RecipientTrace, 'address' | 'outcome' | 'reply'>[]
}

/** Judges the same scene by other rules. */
export type Judge = (rules: readonly Rule[]) => Promise<Trace>

/** What would have flipped a decision: each rule without which the outcome is another one, and how many points. */
export async function findFlips(trace: Trace, rules: readonly Rule[], judge: Judge): Promise<Flip[]> {
  const flips: Flip[] = []
  for (const name of new Set(trace.entries.filter(entry => entry.verdict.action !== 'pass').map(entry => entry.rule))) {
    const recipients = changed(trace, await judge(rules.filter(rule => rule.name !== name)))
    if (recipients.length > 0) flips.push({ change: { without: name }, recipients })
  }
  const byPoints = await findPoints(trace, rules, judge)
  return byPoints ? [...flips, byPoints] : flips
}

/** In tenths of a point: beyond the most, no threshold makes sense. */
const mostTenths = 1000

/** The fewest points more, or less, that lead to another outcome. More points never make an outcome better. */
async function findPoints(trace: Trace, rules: readonly Rule[], judge: Judge): Promise<Flip | undefined> {
  const isGood = trace.recipients.every(({ outcome }) => outcome === 'delivered')
  const tryTenths = async (tenths: number) => {
    const points = (isGood ? tenths : -tenths) / 10
    return { change: { points }, recipients: changed(trace, await judge([pointsFirst(points), ...rules])) }
  }
  let [few, many] = [0, mostTenths]
  let flip = await tryTenths(many)
  if (flip.recipients.length === 0) return undefined
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2)
    const tried = await tryTenths(middle)
    if (tried.recipients.length > 0) [many, flip] = [middle, tried]
    else few = middle
  }
  return flip
}

/** The recipients whose outcome differs, as it would have been. */
export function changed(trace: Trace, other: Trace): Flip['recipients'] {
  const before = new Map(trace.recipients.map(recipient => [recipient.address, recipient.outcome]))
  return other.recipients
    .filter(({ address, outcome }) => before.get(address) !== outcome)
    .map(({ address, outcome, reply }) => ({ address, outcome, reply }))
}

/** A rule that is no one's: it adds points before all others. */
function pointsFirst(points: number): Rule {
  const policy = definePolicy({
    name: 'points',
    phase: 'connect',
    summary: 'Add points, to see what they would change.',
    reasons: { supposed: ['7.1', 'Supposed'] },
    judge: () => score(points, 'supposed'),
  })
  const store = { get: async () => undefined, set: async () => {}, add: async () => 0 }
  return {
    name: 'points',
    policy,
    phase: 'connect',
    options: {},
    facts: {},
    store,
    mode: 'enforce',
    onError: 'pass',
    timeoutMs: 1000,
    always: false,
  }
}
