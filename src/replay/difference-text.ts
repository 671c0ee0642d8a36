import { points } from '../report/summary.ts'
import { alignRows } from '../report/table.ts'
import { visible } from '../report/visible.ts'
import type { ClassReport, Difference, Example } from './difference.ts'
import type { Fate } from './judged.ts'

/** A comparison as a person reads it: how much changes, then what, the riskiest first. */
export function formatDifference(difference: Difference): string {
  const { transactions, copies, unchanged, changed, undecided, classes, scoreMoved, otherCause, gaps } = difference
  return [
    `${transactions} transactions, ${copies} copies: ${changed} changed, ${unchanged} unchanged, ${undecided} undecided`,
    ...classes.flatMap(classLines),
    ...(scoreMoved.up + scoreMoved.down > 0
      ? ['', `same verdict, other points: ${scoreMoved.up} more, ${scoreMoved.down} less`, ...exampleLines(scoreMoved.samples)]
      : []),
    ...(otherCause > 0 ? ['', `same verdict for another reason: ${otherCause}`] : []),
    ...gaps.flatMap(({ rule, missing, count, samples }) => {
      const why = rule ? `${rule} asks for ${missing}, which was not recorded` : `${missing} never came`
      return ['', `undecided: ${count}: ${visible(why)}`, ...exampleLines(samples)]
    }),
    '',
  ].join('\n')
}

function classLines({ class: name, count, known, aligned, allowed, acrossThreshold, samples }: ClassReport): string[] {
  const of = [
    ...(known ? [`${known} from senders your users know`] : []),
    ...(aligned ? [`${aligned} DMARC-aligned`] : []),
    ...(allowed ? [`${allowed} allow-listed`] : []),
    ...(acrossThreshold ? [`${acrossThreshold} across a threshold`] : []),
  ]
  return ['', `${name.replaceAll('-', ' ')}: ${count}${of.length ? ` (${of.join(', ')})` : ''}`, ...exampleLines(samples)]
}

function exampleLines(examples: readonly Example[]): string[] {
  const rows = examples.map(({ id, client, sender, recipient, before, after, merits }) => [
    id,
    `${client} <${sender ?? ''}> → <${recipient}>`,
    after ? `${fate(before)} → ${fate(after)}` : fate(before),
    merits.join(', '),
  ])
  return alignRows(rows).map(line => `  ${visible(line)}`)
}

function fate({ outcome, score, rule, reason }: Fate): string {
  const cause = rule ? ` by ${rule}: ${reason}` : ''
  return `${outcome}${cause} (${points(score)})`
}
