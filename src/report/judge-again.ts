import type { Gateway } from '../engine/gateway.ts'
import { defaultBudgetMs } from '../engine/gateway.ts'
import { type Rule, rulebook } from '../engine/rule.ts'
import type { Store } from '../engine/store.ts'
import type { Trace, TraceEntry } from '../engine/trace.ts'
import type { Verdict } from '../engine/verdict.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { dryStore } from './dry-store.ts'
import { gatewayOf, sceneOf } from './recorded-scene.ts'
import { dryGateway, rehearse } from './rehearsal.ts'
import { withRecordedFacts } from './replay.ts'

/** Judges what was recorded by other rules: the facts are those of the trace, and nothing is asked of anybody. */
export type JudgeAgain = (rules: readonly Rule[], facts?: Trace['facts']) => Promise<Trace>

/** What a rule said because of something that it remembered then: without any memory it says something else. */
export interface Remembered extends Pick<TraceEntry, 'rule' | 'phase' | 'recipients'> {
  readonly recorded: Verdict
  readonly without: Verdict
}

/** How a trace is judged again. */
export interface Again {
  readonly judge: JudgeAgain
  readonly remembered: readonly Remembered[]
}

/**
 * Prepares to judge a trace again. What the rules remembered then is gone: where one that asks its memory says something
 * else without any, what it said then counts, unless a change makes it say something else again. `rules` are those from which
 * this is found out, unless it is known already. `undefined` when there was no MAIL.
 */
export async function judgeAgain(
  trace: Trace,
  mode: Gateway['mode'],
  from: { readonly rules: readonly Rule[] } | { readonly remembered: readonly Remembered[] },
): Promise<Again | undefined> {
  const scene = sceneOf(trace)
  if (!scene) return undefined
  const play = (others: readonly Rule[], facts: Trace['facts'], asked = new Set<string>()) => {
    const recorded = withRecordedFacts(others, { facts })
    return rehearse(recordedGateway(trace, recorded, { mode, asked }), scene)
  }
  const find = async (rules: readonly Rule[]) => {
    const asked = new Set<string>()
    return differences(trace, await play(rules, trace.facts, asked), asked)
  }
  const known = 'remembered' in from ? from.remembered : await find(from.rules)
  const judge: JudgeAgain = (others, facts = trace.facts) =>
    play(
      others.map(rule => asThen(rule, known)),
      facts,
    )
  return { judge, remembered: known }
}

function differences(trace: Trace, without: Trace, asked: ReadonlySet<string>): Remembered[] {
  const now = new Map(without.entries.filter(({ error }) => error === undefined).map(entry => [keyOf(entry), entry.verdict]))
  return trace.entries.flatMap(({ verdict, error, ...entry }) => {
    const other = now.get(keyOf(entry))
    if (!asked.has(entry.rule) || error !== undefined || !other || isSame(verdict, other)) return []
    const { rule, phase, recipients } = entry
    return [{ rule, phase, ...(recipients && { recipients }), recorded: verdict, without: other }]
  })
}

type About = Pick<TraceEntry, 'rule' | 'phase' | 'recipients'>

function keyOf({ rule, phase, recipients = [] }: About): string {
  return [rule, phase, ...recipients].join('\n')
}

function isSame(one: Verdict, other: Verdict): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A rule that says what it said then, as long as it would say the same without its memory. */
function asThen(rule: Rule, remembered: readonly Remembered[]): Rule {
  const own = new Map(remembered.filter(entry => entry.rule === rule.name).map(entry => [keyOf(entry), entry]))
  if (own.size === 0) return rule
  const judge = async (input: { readonly recipient?: Address; readonly recipients?: readonly Address[] }) => {
    const said: Verdict = await rule.policy.judge(input)
    const about = input.recipients ?? (input.recipient ? [input.recipient] : [])
    const entry = own.get(keyOf({ rule: rule.name, phase: rule.phase, recipients: about.map(formatAddress) }))
    return entry && isSame(said, entry.without) ? entry.recorded : said
  }
  return { ...rule, policy: { ...rule.policy, judge } }
}

interface Stage {
  readonly mode: Gateway['mode']
  /** Grows by the name of each rule that asks its memory. */
  readonly asked: Set<string>
}

/** A gateway that stands where the recorded one stood, and knows nothing but the trace. */
function recordedGateway(trace: Trace, rules: readonly Rule[], { mode, asked }: Stage): Gateway {
  const now = () => new Date(trace.started)
  const memories = new Map(rules.map(({ name }) => [name, emptyStore(now, () => asked.add(name))]))
  return dryGateway({
    rulebook: rulebook(rules.map(rule => ({ ...rule, store: memories.get(rule.name) ?? rule.store }))),
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

function emptyStore(now: () => Date, ask: () => void): Store {
  const nothing = async () => {
    ask()
    return undefined
  }
  return dryStore({ get: nothing, set: async () => {}, add: async (_, amount) => amount }, now)
}
