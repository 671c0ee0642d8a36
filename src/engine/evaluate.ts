import { type Address, formatAddress } from '../mail/address.ts'
import { inTime, TimeoutError } from './deadline.ts'
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
  let tally = tallyOf(judgements, counts)
  if (!tally.end) prefetch(evaluation)
  for (const rule of rules) {
    const place = placeIn(judgements, rule, rulebook)
    const isLast = place === judgements.length
    if (isOver(isLast ? tally : tallyOf(judgements.slice(0, place), counts), rule) && !rule.always) continue
    const said = apply(rule, tally, evaluation)
    // A verdict that is there already is not worth a turn of the event loop.
    const judgement = { rule, verdict: said instanceof Promise ? await said : said }
    judgements.splice(place, 0, judgement)
    if (!isLast) tally = tallyOf(judgements, counts)
    else if (counts(rule)) tally = fold(tally, judgement)
  }
}

/** Behind the judgements of all rules that stand above this one. */
function placeIn(judgements: readonly Judgement[], rule: Rule, { place }: Rulebook): number {
  const own = place.get(rule) ?? Number.POSITIVE_INFINITY
  return judgements.findLastIndex(judgement => (place.get(judgement.rule) ?? 0) < own) + 1
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
    for (const alike of inGroups(concerned)) {
      const judged = judgeAlike(rule, alike, tallies, evaluation)
      if (judged) await judged
    }
  }
}

type Judged = readonly (readonly [Address, Tally])[]

/** Those with equal tallies together. */
function inGroups(concerned: Judged): Iterable<Judged> {
  if (concerned.length <= 1) return concerned.length ? [concerned] : []
  return Map.groupBy(concerned, ([, tally]) => fingerprint(tally)).values()
}

function judgeAlike(rule: Rule, alike: Judged, tallies: Map<Address, Tally>, evaluation: Evaluation): Promise<void> | undefined {
  const recipients = alike.map(([recipient]) => recipient)
  const [, tally] = alike[0] as readonly [Address, Tally] // there are no empty groups
  const take = (verdict: Verdict) => {
    const after = fold(tally, { rule, verdict })
    for (const recipient of recipients) tallies.set(recipient, after)
  }
  const said = apply(rule, tally, { ...evaluation, known: { ...evaluation.known, recipients }, about: recipients })
  if (said instanceof Promise) return said.then(take)
  take(said)
  return undefined
}

function fingerprint({ evidence, tag, quarantine, end }: Tally): string {
  const causes = [tag, quarantine, end].flatMap(cause => [cause?.rule.name, cause?.reason])
  return [...causes, ...Object.entries(evidence).toSorted().flat()].join('\n')
}

function prefetch({ rulebook, phase, findings, known }: Evaluation): void {
  for (const fact of rulebook.prefetch[phase]) findings.get(fact, known)
}

/** What a rule has said, and why it could say nothing of its own. */
interface Said {
  readonly verdict: Verdict
  readonly error?: string
  /** How long nothing else could be done in this process, in milliseconds: until the verdict, or the first wait for it. */
  readonly busyMs?: number
}

/** From so long on it is a nuisance to all other sessions of the process. */
const blockedMs = 50

function apply(rule: Rule, tally: Tally, evaluation: Evaluation): Verdict | Promise<Verdict> {
  const started = performance.now()
  const said = judge(rule, tally, evaluation)
  if (said instanceof Promise) return said.then(said => enter(rule, said, evaluation, started))
  return enter(rule, said, evaluation, started)
}

/** Enters a verdict in the account. */
function enter(rule: Rule, { verdict: said, error, busyMs = 0 }: Said, evaluation: Evaluation, started: number): Verdict {
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
    ...(busyMs > blockedMs && { blockedMs: Math.round(busyMs) }),
    ...(evaluation.about && { recipients: evaluation.about.map(formatAddress) }),
    ...(error && { error }),
  })
  return verdict
}

function judge(rule: Rule, tally: Tally, evaluation: Evaluation): Said | Promise<Said> {
  try {
    const facts = factsAtHand(rule, evaluation)
    const said = facts
      ? ask(rule, tally, evaluation, facts)
      : within(evaluation.until, rule, findAll(rule, evaluation)).then(facts => ask(rule, tally, evaluation, facts))
    return said instanceof Promise ? said.catch(error => broken(rule, error)) : said
  } catch (error) {
    return broken(rule, error)
  }
}

function broken(rule: Rule, error: unknown): Said {
  return { verdict: rule.onError === 'defer' ? defer('error') : pass(), error: String(error) }
}

function ask(rule: Rule, tally: Tally, evaluation: Evaluation, facts: Record<string, unknown>): Said | Promise<Said> {
  const { known, now, until } = evaluation
  const started = performance.now()
  const verdict: Verdict | Promise<Verdict> = rule.policy.judge({
    ...known,
    options: rule.options,
    facts,
    tally,
    store: rule.store,
    now,
  })
  const returned = performance.now()
  const busyMs = returned - started
  if (!(verdict instanceof Promise)) return { verdict, busyMs }
  return within(Math.min(until, returned + rule.timeoutMs), rule, verdict).then(verdict => ({ verdict, busyMs }))
}

function factsAtHand(rule: Rule, { findings, rulebook }: Evaluation): Record<string, unknown> | undefined {
  const facts: Record<string, unknown> = {}
  for (const [name, fact] of rulebook.needs.get(rule) ?? []) {
    const value = findings.known(fact)
    if (!value) return undefined
    facts[name] = value.is
  }
  return facts
}

async function findAll(rule: Rule, { findings, known, rulebook }: Evaluation): Promise<Record<string, unknown>> {
  const needs = rulebook.needs.get(rule) ?? []
  const values = await Promise.all(needs.map(([, fact]) => findings.get(fact, known)))
  return Object.fromEntries(needs.map(([name], index) => [name, values[index]]))
}

function within<T>(until: number, rule: Rule, work: Promise<T>): Promise<T> {
  const left = until - performance.now()
  if (left > 0) return inTime(rule.name, Math.ceil(left), work)
  work.catch(() => {}) // nobody waits for it any more
  throw new TimeoutError(`${rule.name} had no time left at ${rule.phase}`)
}
