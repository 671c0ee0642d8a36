import type { Address } from '../mail/address.ts'
import { addPoints, type EvidencePoints, scoreOf } from './evidence.ts'
import type { Rule } from './rule.ts'
import { type FinalAction, pointsOf, type Verdict } from './verdict.ts'

/** Which rule said so, and why. */
export interface Cause {
  readonly action: FinalAction
  readonly rule: Rule
  readonly reason: string
}

/** What the rules have said so far about one recipient. */
export interface Tally {
  /** What the evidence comes to. */
  readonly score: number
  readonly evidence: EvidencePoints
  readonly tag?: Cause
  readonly quarantine?: Cause
  /** Set once a rule has ended the evaluation. */
  readonly end?: Cause
}

/** What one rule has said. */
export interface Judgement {
  readonly rule: Rule
  readonly verdict: Verdict
}

export const emptyTally: Tally = { score: 0, evidence: {} }

export function fold(tally: Tally, { rule, verdict }: Judgement): Tally {
  if (verdict.action === 'pass' || rule.mode === 'shadow' || isOver(tally, rule)) return tally
  const weighed = weigh(tally, rule, pointsOf(verdict))
  if (verdict.action === 'score') return weighed

  const cause: Cause = { action: verdict.action, rule, reason: verdict.reason }
  if (verdict.action === 'tag') return { ...weighed, tag: tally.tag ?? cause }
  if (verdict.action === 'quarantine') return { ...weighed, quarantine: tally.quarantine ?? cause }
  return { ...weighed, end: cause }
}

function weigh(tally: Tally, rule: Rule, points: number): Tally {
  if (points === 0) return tally
  const evidence = addPoints(tally.evidence, rule.policy.evidence, points)
  return { ...tally, evidence, score: scoreOf(evidence) }
}

/** What several rules add up to, in the order of the judgements, leaving out the rules that do not concern whom it is for. */
export function tallyOf(judgements: readonly Judgement[], concerns: (rule: Rule) => boolean): Tally {
  return judgements.reduce((tally, judgement) => (concerns(judgement.rule) ? fold(tally, judgement) : tally), emptyTally)
}

export function isForAll(rule: Rule): boolean {
  return rule.appliesTo === undefined
}

export function isFor(rule: Rule, recipient: Address): boolean {
  return rule.appliesTo?.(recipient) ?? true
}

/** Nothing follows a refusal; after an acceptance only the rules that always run. */
export function isOver(tally: Tally, next: Rule): boolean {
  return tally.end !== undefined && !(next.always && tally.end.action === 'accept')
}

export function refusal(tally: Tally): Cause | undefined {
  return tally.end?.action === 'reject' || tally.end?.action === 'defer' ? tally.end : undefined
}

/** Why a copy that is not refused is not simply delivered, or why it is. */
export function cause({ end, quarantine, tag }: Tally): Cause | undefined {
  return end ?? quarantine ?? tag
}
