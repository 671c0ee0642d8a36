import { addPoints, type EvidencePoints, scoreOf } from '../engine/evidence.ts'
import type { FactEntry, RecipientTrace, Trace, TraceEntry } from '../engine/trace.ts'
import { pointsOf } from '../engine/verdict.ts'
import type { Flip } from './counterfactual.ts'
import { lookupTable } from './lookup-table.ts'
import { points } from './summary.ts'
import { alignRows } from './table.ts'
import { visible, visibleJson } from './visible.ts'

/** What an explanation is made of. */
export interface Explained {
  readonly trace: Trace
  /** In observe mode all mail is relayed, whatever the rules say. */
  readonly mode: 'enforce' | 'observe'
  /** Whether a rule judges mail for this recipient. */
  readonly concerns: (rule: string, recipient: string) => boolean
  /** What would have led to another outcome; absent when nobody has looked. */
  readonly flips?: readonly Flip[]
  /** By which configuration it was judged. */
  readonly configuration?: string
  /** What would become of it now, when that is something else. */
  readonly now?: readonly RecipientTrace[]
  /** Whether the questions to the DNS are told too. */
  readonly lookups?: boolean
}

/** A trace as a person reads it: what was found, what each rule said, how it added up, and what we replied. */
export function explain({ trace, mode, concerns, flips, now, lookups = false, configuration }: Explained): string {
  const sections = [
    section(`Transaction ${trace.id}`, head(trace, configuration)),
    section('Facts', facts(trace.facts)),
    ...(lookups && trace.lookups ? [section('Questions to the DNS', lookupTable(trace.lookups))] : []),
    ...verdicts(trace, concerns),
    section(
      mode === 'observe' ? 'Outcome in observe mode, in which all mail is relayed' : 'Outcome',
      trace.recipients.flatMap(outcome),
    ),
    ...(now ? [section('By the rules in force now', now.flatMap(outcome))] : []),
    ...(flips
      ? [section('What would have changed it', flips.length > 0 ? flips.flatMap(flipLines) : ['no single rule, and no points'])]
      : []),
  ]
  return `${sections.join('\n')}`
}

function section(title: string, lines: readonly string[]): string {
  const body = lines.length > 0 ? lines : ['nothing']
  return `${title}\n${body.map(line => `  ${line}\n`).join('')}`
}

function head({ session, sender, message, started, ms, ending, limit }: Trace, configuration?: string): string[] {
  const tls = session.tls ? `, ${session.tls.protocol}` : ''
  return alignRows([
    ['started', `${started}, ${ms} ms`],
    ['client', visible(`${session.client.ip} on ${session.listener}${tls}`)],
    ['helo', visible(session.helo ?? 'none')],
    ['sender', sender === undefined ? 'none' : visible(`<${sender ?? ''}>`)],
    ...(configuration ? [['judged by', configuration]] : []),
    ...(configuration ? [['ended', limit ? `${ending}: ${limit}` : ending]] : []),
    ...(message ? [['message', `${message.size} bytes`]] : []),
    ...(['from', 'subject', 'messageId'] as const).flatMap(name => (message?.[name] ? [[name, visible(message[name])]] : [])),
  ])
}

function facts(entries: readonly FactEntry[]): string[] {
  return alignRows(
    entries.map(({ fact, ms, recipient, ...found }) => [
      visible(recipient ? `${fact} for ${recipient}` : fact),
      `${ms} ms`,
      found.error === undefined ? visibleJson(found.value) : `not found out: ${visible(found.error)}`,
    ]),
  )
}

/** One table for all recipients that the same verdicts count for. */
function verdicts(trace: Trace, concerns: Explained['concerns']): string[] {
  const counted = (recipient: string) => trace.entries.filter(entry => isAbout(entry, recipient, concerns))
  const groups = Map.groupBy(
    trace.recipients.map(({ address }) => address),
    address =>
      counted(address)
        .map(entry => trace.entries.indexOf(entry))
        .join(),
  )
  if (groups.size === 0) return [section('Verdicts', verdictTable(trace.entries))]
  return [...groups.values()].map(recipients => {
    const [first = ''] = recipients
    const lines = verdictTable(counted(first))
    return section(`Verdicts for ${visible(recipients.join(', '))}`, lines.length > 0 ? lines : ['no rule judges mail for it'])
  })
}

function isAbout({ rule, recipients }: TraceEntry, recipient: string, concerns: Explained['concerns']): boolean {
  return recipients ? recipients.includes(recipient) : concerns(rule, recipient)
}

function verdictTable(entries: readonly TraceEntry[]): string[] {
  let sum: EvidencePoints = {}
  return alignRows(
    entries.map(entry => {
      const { verdict, shadow, evidence = 'other' } = entry
      if (!shadow) sum = addPoints(sum, evidence, pointsOf(verdict))
      return [entry.phase, visible(entry.rule), `${entry.ms} ms`, said(entry), `sum ${points(scoreOf(sum))}`, why(entry)]
    }),
  )
}

function said({ verdict, shadow }: TraceEntry): string {
  const amount = verdict.action === 'score' || pointsOf(verdict) !== 0 ? [signed(pointsOf(verdict))] : []
  const word = [...(verdict.action === 'score' ? [] : [verdict.action]), ...amount].join(' ')
  return shadow ? `(${word})` : word
}

function why({ verdict, evidence, softened, shadow, error }: TraceEntry): string {
  const reason = verdict.action === 'pass' ? '' : [verdict.reason, verdict.detail].filter(Boolean).join(': ')
  const notes = [
    reason,
    evidence,
    softened && `${softened} softened: the DNS is in trouble`,
    error && `failed: ${error}`,
    shadow && 'shadow: does not count',
  ]
  return visible(notes.filter(Boolean).join('; '))
}

function signed(score: number): string {
  return score < 0 ? points(score) : `+${points(score)}`
}

function outcome({ address, outcome, tagged, score, reply, rule, reason, where, detail }: RecipientTrace): string[] {
  const cause = rule ? `, by ${rule}: ${reason}` : ''
  const place = where ? `, ${where}` : ''
  return [
    visible(`<${address}> ${outcome}${tagged ? ' and tagged' : ''}, score ${points(score)}${cause}${place}`),
    visible(`  ${reply}`),
    ...(detail ? [visible(`  ${detail}`)] : []),
  ]
}

function flipLines({ change, recipients }: Flip): string[] {
  const condition = conditionOf(change)
  return recipients.map(({ address, outcome, reply }) => visible(`${condition}: <${address}> ${fateIn(outcome, reply)}`))
}

function fateIn(outcome: RecipientTrace['outcome'], reply: string): string {
  return outcome === 'left' ? 'taken at RCPT; its message was never seen' : `${outcome} (${reply.slice(0, 3)})`
}

function conditionOf(change: Flip['change']): string {
  if ('without' in change) return `without the rule ${change.without}`
  return 'fact' in change ? `with ${change.fact} ${visibleJson(change.value)}` : pointsChange(change.points)
}

function pointsChange(change: number): string {
  const amount = points(Math.abs(change))
  return `with ${amount} ${amount === '1' ? 'point' : 'points'} ${change < 0 ? 'less' : 'more'}`
}
