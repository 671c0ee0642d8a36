import type { RecipientTrace, Trace } from '../engine/trace.ts'
import { visible } from './visible.ts'

/** A transaction on one line, for a person at a terminal: who, for whom, what became of it, why, and its id. */
export function summarize(trace: Trace): string {
  const client = visible(`${trace.session.client.ip} ${trace.session.helo ?? '(no HELO)'}`)
  return `${client} ${envelope(trace)} ${trace.id} ${trace.ms} ms`
}

function envelope(trace: Trace): string {
  if (trace.sender === undefined) return `no mail (${ended(trace)})`
  const sender = visible(`<${trace.sender ?? ''}>`)
  if (trace.recipients.length === 0) return `${sender} → nobody (${ended(trace)})`
  const groups = Map.groupBy(trace.recipients, recipient => fate(recipient, trace))
  return `${sender} → ${[...groups].map(([fate, recipients]) => `${names(recipients)} ${fate}`).join('; ')}`
}

const mostNames = 3

function names(recipients: readonly RecipientTrace[]): string {
  const shown = recipients.slice(0, mostNames).map(({ address }) => visible(`<${address}>`))
  const rest = recipients.length - shown.length
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function fate({ outcome, score, rule, reason, where, reply }: RecipientTrace, trace: Trace): string {
  const cause = rule ? `by ${rule}: ${reason}` : outcome === 'delivered' ? `to ${where}` : ''
  const more = [cause, score === 0 ? '' : `score ${points(score)}`].filter(Boolean).join(', ')
  const refused = outcome === 'rejected' || outcome === 'deferred'
  const word = outcome === 'left' ? `left (${ended(trace)})` : outcome.toUpperCase()
  return visible(`${word}${refused ? ` ${reply.slice(0, 3)}` : ''}${more ? ` (${more})` : ''}`)
}

function ended({ ending, limit }: Trace): string {
  return limit ? `${ending}: ${limit}` : ending
}

/** Points without the dust of binary fractions: `4.3`. */
export function points(score: number): string {
  return String(Math.round(score * 100) / 100)
}

/** What has become of a recipient, in short. */
export function fateOf({ outcome, tagged, rule, reason }: RecipientTrace): string {
  return `${outcome}${tagged ? ', tagged' : ''}${rule === undefined ? '' : ` by ${rule}: ${reason}`}`
}
