import type { Trace } from '../engine/trace.ts'

/** Why a message is likely to be wanted, the best reason first. */
export const merits = ['known', 'aligned', 'allowed'] as const

/**
 * `known`: a rule has found a history with its sender, such as mail from our users to them; `aligned`: DMARC vouches for
 * its author; `allowed`: a list speaks for it.
 */
export type Merit = (typeof merits)[number]

/** What speaks for a message, by what was found and said. */
export function meritsOf({ facts, entries: all }: Pick<Trace, 'facts' | 'entries'>): Merit[] {
  const entries = all.filter(({ shadow }) => !shadow)
  const found: Record<Merit, boolean> = {
    known: entries.some(({ verdict, evidence }) => evidence === 'history' && isPraise(verdict)),
    aligned: facts.some(({ fact, value }) => fact === 'dmarc' && isPass(value)),
    allowed: entries.some(
      ({ verdict, evidence }) => verdict.action === 'accept' || (evidence !== undefined && isList(evidence) && isPraise(verdict)),
    ),
  }
  return merits.filter(merit => found[merit])
}

function isPraise(verdict: Trace['entries'][number]['verdict']): boolean {
  return verdict.action === 'score' && verdict.points < 0
}

function isList(evidence: string): boolean {
  return evidence === 'ip-reputation' || evidence === 'domain-reputation'
}

function isPass(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'result' in value && value.result === 'pass'
}
