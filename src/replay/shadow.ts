import type { Trace, TraceEntry } from '../engine/trace.ts'
import type { Verdict } from '../engine/verdict.ts'
import { type Merit, meritsOf } from './merit.ts'
import { Samples } from './samples.ts'

type Action = Verdict['action']

/** One transaction about which a rule in shadow mode had something to say. */
interface ShadowExample {
  readonly id: string
  readonly started: string
  readonly client: string
  readonly sender: string | null
  readonly merits: readonly Merit[]
  readonly verdict: Verdict
  /** What became of it, and which rule decided that. */
  readonly became: string
}

/** What a rule in shadow mode would have done. */
export interface ShadowReport {
  readonly rule: string
  /** Transactions in which it judged. */
  readonly judged: number
  /** Transactions by the heaviest thing it said of them; `pass` is not among them. */
  readonly said: Readonly<Partial<Record<Action, number>>>
  /** Transactions about which it had something to say. */
  readonly hits: number
  /** The points that it gave, on average of those to which it gave any. */
  readonly meanPoints: number
  /** How many senders that were; there may be more when it is `mostSenders`. */
  readonly senders: number
  /** What became of its hits without it: `rejected by dnsbl`, `delivered`. */
  readonly became: Readonly<Record<string, number>>
  /** Its hits that nothing else has stopped, although they are likely to be wanted mail: objections only. */
  readonly harm: Readonly<Record<Merit | 'good', number>>
  readonly samples: readonly ShadowExample[]
}

/** Senders are told apart up to so many. */
const mostSenders = 100_000
/** The heaviest first. */
const weights: readonly Action[] = ['reject', 'defer', 'quarantine', 'tag', 'accept', 'score', 'pass']

class ShadowedRule {
  readonly #name: string
  readonly #samples: Samples<ShadowExample>
  readonly #senders = new Set<string>()
  readonly #said: Partial<Record<Action, number>> = {}
  readonly #became: Record<string, number> = {}
  readonly #harm: Record<Merit | 'good', number> = { known: 0, aligned: 0, allowed: 0, good: 0 }
  #counts = { judged: 0, hits: 0, scored: 0, points: 0 }

  constructor(name: string, samples: number) {
    this.#name = name
    this.#samples = new Samples(samples)
  }

  add(trace: Trace, entries: readonly TraceEntry[]): void {
    this.#counts.judged += 1
    const verdict = heaviest(entries)
    if (verdict.action === 'pass') return
    const [became, sender, merits] = [becameOf(trace), trace.sender ?? null, meritsOf(trace)]
    this.#counts.hits += 1
    this.#said[verdict.action] = (this.#said[verdict.action] ?? 0) + 1
    this.#became[became] = (this.#became[became] ?? 0) + 1
    if (this.#senders.size < mostSenders) this.#senders.add((sender ?? '').toLowerCase())
    if ('points' in verdict && verdict.points) this.#addPoints(verdict.points)
    if (isObjection(verdict) && reachedAnybody(trace)) this.#addHarm(merits)
    const { id, started, session } = trace
    this.#samples.add({ id, started, client: session.client.ip, sender, merits, verdict, became })
  }

  get report(): ShadowReport {
    const { judged, hits, scored, points } = this.#counts
    return {
      rule: this.#name,
      judged,
      said: this.#said,
      hits,
      meanPoints: scored === 0 ? 0 : Math.round((points / scored) * 100) / 100,
      senders: this.#senders.size,
      became: Object.fromEntries(Object.entries(this.#became).toSorted(([, a], [, b]) => b - a)),
      harm: this.#harm,
      samples: this.#samples.list,
    }
  }

  #addPoints(points: number): void {
    this.#counts.scored += 1
    this.#counts.points += points
  }

  #addHarm(merits: readonly Merit[]): void {
    for (const merit of merits) this.#harm[merit] += 1
    if (merits.length > 0) this.#harm.good += 1
  }
}

/** What each rule in shadow mode would have done, or one of them. Holds a few samples, and no more. */
export function reportShadows(
  traces: Iterable<Trace>,
  { rule, samples }: { readonly rule?: string; readonly samples: number },
): ShadowReport[] {
  const rules = new Map<string, ShadowedRule>()
  for (const trace of traces) {
    const shadowed = trace.entries.filter(entry => entry.shadow && (rule === undefined || entry.rule === rule))
    for (const [name, entries] of Map.groupBy(shadowed, entry => entry.rule)) {
      const found = rules.get(name) ?? new ShadowedRule(name, samples)
      rules.set(name, found)
      found.add(trace, entries)
    }
  }
  return [...rules.values()].map(({ report }) => report).toSorted((a, b) => a.rule.localeCompare(b.rule))
}

function heaviest(entries: readonly TraceEntry[]): Verdict {
  const verdicts = entries.map(({ verdict }) => verdict)
  const action = weights.find(action => verdicts.some(verdict => verdict.action === action))
  return verdicts.find(verdict => verdict.action === action) ?? { action: 'pass' }
}

function isObjection(verdict: Verdict): boolean {
  return verdict.action === 'score' ? verdict.points > 0 : verdict.action !== 'accept' && verdict.action !== 'pass'
}

function reachedAnybody({ recipients }: Trace): boolean {
  return recipients.some(({ outcome }) => outcome === 'delivered')
}

/** What became of the transaction without the rule: of the copy of which most became. */
function becameOf({ recipients, ending }: Trace): string {
  const first = recipients.find(({ outcome }) => outcome === 'delivered') ?? recipients[0]
  if (!first) return `no mail (${ending})`
  const { outcome, tagged, rule } = first
  const by = outcome === 'delivered' && !tagged ? '' : rule === undefined ? ' by the next hop, or us' : ` by ${rule}`
  return `${tagged ? 'tagged' : outcome}${outcome === 'left' ? '' : by}`
}
