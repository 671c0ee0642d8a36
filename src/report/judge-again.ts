import type { Gateway } from '../engine/gateway.ts'
import { defaultBudgetMs } from '../engine/gateway.ts'
import { type Rule, rulebook } from '../engine/rule.ts'
import type { Trace, TraceEntry } from '../engine/trace.ts'
import type { Verdict } from '../engine/verdict.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { dryStore } from './dry-store.ts'
import { gatewayOf, sceneOf } from './recorded-scene.ts'
import { dryGateway, rehearse, type Scene } from './rehearsal.ts'
import { withRecordedFacts } from './replay.ts'

/** Judges what was recorded by other rules: the facts are those of the trace, and nothing is asked of anybody. */
export type JudgeAgain = (rules: readonly Rule[], facts?: Trace['facts']) => Promise<Trace>

/** How a trace is judged again. */
export interface Again {
  readonly judge: JudgeAgain
  /** The same rules, as they are now, by themselves: not the same as the trace when they have changed since, or remembered more. */
  readonly afresh: Trace
}

/**
 * Prepares to judge a trace again by its rules with some change. What the rules remembered then is gone: where a rule says
 * something else now although nothing has changed, what it said then counts. `undefined` when there was no MAIL.
 */
export async function judgeAgain(trace: Trace, rules: readonly Rule[], mode: Gateway['mode']): Promise<Again | undefined> {
  const scene = sceneOf(trace)
  if (!scene) return undefined
  const play = (others: readonly Rule[], facts: Trace['facts']) => {
    const recorded = withRecordedFacts(others, { facts })
    return rehearse(recordedGateway(trace, recorded, mode), scene as Scene)
  }
  const afresh = await play(rules, trace.facts)
  const then = saidBy(trace)
  const now = saidBy(afresh)
  const judge: JudgeAgain = (others, facts = trace.facts) =>
    play(
      others.map(rule => asThen(rule, then, now)),
      facts,
    )
  return { judge, afresh }
}

type Said = ReadonlyMap<string, Verdict>

function saidBy({ entries }: Trace): Said {
  return new Map(entries.filter(({ error }) => error === undefined).map(entry => [keyOf(entry), entry.verdict]))
}

function keyOf({ rule, phase, recipients = [] }: Pick<TraceEntry, 'rule' | 'phase' | 'recipients'>): string {
  return [rule, phase, ...recipients].join('\n')
}

/** A rule that says what it said then, unless it is the change that makes it say something else. */
function asThen(rule: Rule, then: Said, now: Said): Rule {
  const judge = async (input: { readonly recipient?: Address; readonly recipients?: readonly Address[] }) => {
    const said: Verdict = await rule.policy.judge(input)
    const about = input.recipients ?? (input.recipient ? [input.recipient] : [])
    const key = keyOf({ rule: rule.name, phase: rule.phase, recipients: about.map(formatAddress) })
    const [before, usual] = [then.get(key), now.get(key)]
    return before && usual && isSame(said, usual) ? before : said
  }
  return { ...rule, policy: { ...rule.policy, judge } }
}

function isSame(one: Verdict, other: Verdict): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A gateway that stands where the recorded one stood, and knows nothing but the trace. */
function recordedGateway(trace: Trace, rules: readonly Rule[], mode: Gateway['mode']): Gateway {
  const now = () => new Date(trace.started)
  const empty = { get: async () => undefined, set: async () => {}, add: async (_: string, amount: number) => amount }
  const memories = new Map(rules.map(({ name }) => [name, dryStore(empty, now)]))
  const remembering = rules.map(rule => ({ ...rule, store: memories.get(rule.name) ?? rule.store }))
  return dryGateway({
    rulebook: rulebook(remembering),
    mode,
    world: {
      now,
      dns: { query: async () => ({ status: 'temperror', records: [], ttlSeconds: 0, secure: false, error: 'not asked' }) },
    },
    ...gatewayOf(trace),
    quarantine: { hold: async () => ({ discard: async () => {} }) },
    maxRecipients: Number.MAX_SAFE_INTEGER,
    budgetMs: defaultBudgetMs,
    annotate: message => message,
    record: () => {},
  })
}
