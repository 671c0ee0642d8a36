import type { Trace, TraceEntry } from '../engine/trace.ts'
import { pointsOf, type Verdict } from '../engine/verdict.ts'
import { foldField } from './fold.ts'

/**
 * Why the message is where it is, for its reader and for filters behind us: `X-Postern: <trace id>; pass; score=3.5; helo=1.5
 * reverse-dns=2`. Names of rules and points only: no word of it comes from the message or the client. What is `tagged` is
 * doubtful, and a filter behind us may put it into another folder.
 */
export function reasonField(trace: Trace): string {
  const entries = trace.entries.filter(entry => !entry.shadow && entry.verdict.action !== 'pass' && concernsCopies(entry, trace))
  const rules = [...new Map(entries.map(entry => [entry.rule, `${token(entry.rule)}=${weight(entry.verdict)}`])).values()]
  const parts = [
    trace.id,
    action(trace),
    ...(trace.degraded ? ['degraded=dns'] : []),
    `score=${points(highestScore(trace))}`,
    rules.join(' '),
  ]
  return foldField('X-Postern', parts.filter(Boolean).join('; ').split(' '))
}

/** Copies of the message exist only for recipients whose mail was taken. */
function takenRecipients({ recipients }: Trace): Trace['recipients'] {
  return recipients.filter(({ outcome }) => outcome === 'delivered' || outcome === 'quarantined')
}

function concernsCopies({ recipients }: TraceEntry, trace: Trace): boolean {
  return !recipients || takenRecipients(trace).some(({ address }) => recipients.includes(address))
}

function action(trace: Trace): string {
  const taken = takenRecipients(trace)
  const outcomes = new Set<string>(taken.map(({ outcome, tagged }) => (tagged ? 'tagged' : outcome)))
  return ['delivered', 'tagged', 'quarantined'].filter(outcome => outcomes.has(outcome)).join(' and ') || 'delivered'
}

/** All copies carry the same field. */
function highestScore(trace: Trace): number {
  return takenRecipients(trace).reduce((highest, { score }) => Math.max(highest, score), Number.NEGATIVE_INFINITY)
}

function weight(verdict: Verdict): string {
  return verdict.action === 'score' || pointsOf(verdict) !== 0 ? points(pointsOf(verdict)) : verdict.action
}

/** Sums of tenths are not exact in binary: 0.1 + 0.2 reads 0.3. */
function points(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '0'
}

/** A rule's name is the administrator's; it stands in a header all the same. */
function token(name: string): string {
  return name.replace(/[^\w.-]/g, '_').slice(0, 64)
}
