import { type Address, formatAddress } from '../mail/address.ts'
import { deadline, TimeoutError } from './deadline.ts'
import type { Findings } from './findings.ts'
import type { Phase } from './phase.ts'
import type { Rule, Rulebook } from './rule.ts'
import { soften } from './soften.ts'
import { fold, isOver, type Judgement, type Tally, tallyOf } from './tally.ts'
import type { TraceEntry } from './trace.ts'
import { defer, pass, pointsOf, type Verdict } from './verdict.ts'

/** What a phase is judged by. */
export interface Evaluation {
  readonly phase: Phase
  /** All rules, of all phases: what a later one needs is looked up as soon as it can be. */
  readonly rulebook: Rulebook
  readonly known: object
  readonly findings: Findings
  /** Whom it is about, once there are recipients. */
  readonly about?: readonly Address[]
  /** Grows by one entry for each verdict. */
  readonly entries: TraceEntry[]
  readonly now: Date
  /** The DNS is in trouble: what rests on it may not refuse. */
  readonly degraded: boolean
  /** When the time for this phase is up, by `performance.now()`. */
  readonly until: number
}

/**
 * Lets each rule of a phase up to RCPT judge. The facts they need are looked up all at once, so the order costs no time
 * and the outcome never depends on the network. Judgements are kept in the order of the configuration: an acceptance
 * that stands above a refusal wins, whichever phase they are from. `counts` says which rules concern everybody
 * concerned here: the verdicts of others wait until it is known whom the mail is for.
 */
export async function evaluate(
  judgements: Judgement[],
  counts: (rule: Rule) => boolean,
  evaluation: Evaluation & { readonly rules: readonly Rule[] },
): Promise<void> {
  const { rules, rulebook } = evaluation
  if (!tallyOf(judgements, counts).end) prefetch(evaluation)
  for (const rule of rules) {
    const place = placeIn(judgements, rule, rulebook)
    if (isOver(tallyOf(judgements.slice(0, place), counts), rule) && !rule.always) continue
    const verdict = await apply(rule, tallyOf(judgements, counts), evaluation)
    judgements.splice(place, 0, { rule, verdict })
  }
}

/** Behind the judgements of all rules that stand above this one. */
function placeIn(judgements: readonly Judgement[], rule: Rule, { place }: Rulebook): number {
  const own = place.get(rule) ?? Number.POSITIVE_INFINITY
  return judgements.filter(judgement => (place.get(judgement.rule) ?? 0) < own).length
}

/** Lets the rules of the message judge for each recipient, whose tally goes on from RCPT. Those with equal tallies are judged together. */
export async function evaluateEach(
  tallies: Map<Address, Tally>,
  concerns: (rule: Rule, recipient: Address) => boolean,
  evaluation: Evaluation,
): Promise<void> {
  if ([...tallies.values()].some(tally => !tally.end)) prefetch(evaluation)
  for (const rule of evaluation.rulebook.at[evaluation.phase]) {
    const concerned = [...tallies].filter(([recipient, tally]) => concerns(rule, recipient) && !isOver(tally, rule))
    for (const alike of Map.groupBy(concerned, ([, tally]) => fingerprint(tally)).values()) {
      await judgeAlike(rule, alike, tallies, evaluation)
    }
  }
}

async function judgeAlike(
  rule: Rule,
  alike: readonly (readonly [Address, Tally])[],
  tallies: Map<Address, Tally>,
  evaluation: Evaluation,
): Promise<void> {
  const recipients = alike.map(([recipient]) => recipient)
  const [, tally] = alike[0] as readonly [Address, Tally] // groupBy makes no empty groups
  const verdict = await apply(rule, tally, { ...evaluation, known: { ...evaluation.known, recipients }, about: recipients })
  const after = fold(tally, { rule, verdict })
  for (const recipient of recipients) tallies.set(recipient, after)
}

function fingerprint({ evidence, tag, quarantine, end }: Tally): string {
  const causes = [tag, quarantine, end].flatMap(cause => [cause?.rule.name, cause?.reason])
  return [...causes, ...Object.entries(evidence).toSorted().flat()].join('\n')
}

function prefetch({ rulebook, phase, findings, known }: Evaluation): void {
  for (const fact of rulebook.prefetch[phase]) findings.get(fact, known)
}

async function apply(rule: Rule, tally: Tally, evaluation: Evaluation): Promise<Verdict> {
  const started = performance.now()
  const { verdict: said, error } = await judge(rule, tally, evaluation)
  // A rule that broke says `defer` because it could not find out: that is not an answer of the DNS.
  const verdict = evaluation.degraded && error === undefined ? soften(said, rule, evaluation.findings) : said
  evaluation.entries.push({
    phase: rule.phase,
    rule: rule.name,
    verdict,
    ...(pointsOf(verdict) !== 0 && { evidence: rule.policy.evidence }),
    ...(verdict !== said && { softened: said.action as 'reject' | 'defer' }),
    shadow: rule.mode === 'shadow',
    ms: Math.round(performance.now() - started),
    ...(evaluation.about && { recipients: evaluation.about.map(formatAddress) }),
    ...(error && { error }),
  })
  return verdict
}

async function judge(rule: Rule, tally: Tally, evaluation: Evaluation): Promise<{ verdict: Verdict; error?: string }> {
  const { known, now, until } = evaluation
  try {
    const facts = factsAtHand(rule, evaluation) ?? (await within(until, rule, findAll(rule, evaluation)))
    const verdict: Verdict | Promise<Verdict> = rule.policy.judge({
      ...known,
      options: rule.options,
      facts,
      tally,
      store: rule.store,
      now,
    })
    if (!(verdict instanceof Promise)) return { verdict }
    return { verdict: await within(Math.min(until, performance.now() + rule.timeoutMs), rule, verdict) }
  } catch (error) {
    return { verdict: rule.onError === 'defer' ? defer('error') : pass(), error: String(error) }
  }
}

function factsAtHand(rule: Rule, { findings }: Evaluation): Record<string, unknown> | undefined {
  const facts: Record<string, unknown> = {}
  for (const [name, fact] of Object.entries(rule.facts)) {
    const value = findings.known(fact)
    if (!value) return undefined
    facts[name] = value.is
  }
  return facts
}

async function findAll(rule: Rule, { findings, known }: Evaluation): Promise<Record<string, unknown>> {
  const entries = Object.entries(rule.facts).map(async ([name, fact]) => [name, await findings.get(fact, known)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

function within<T>(until: number, rule: Rule, work: Promise<T>): Promise<T> {
  const left = until - performance.now()
  if (left > 0) return deadline(rule.name, Math.ceil(left), () => work)
  work.catch(() => {}) // nobody waits for it any more
  throw new TimeoutError(`${rule.name} had no time left at ${rule.phase}`)
}
