import type { Verdict } from '../engine/verdict.ts'
import { points } from '../report/summary.ts'
import { alignRows } from '../report/table.ts'
import { visible } from '../report/visible.ts'
import type { ShadowReport } from './shadow.ts'

/** What a rule in shadow mode would have done, as a person reads it. */
export function formatShadow({ rule, judged, said, hits, meanPoints, senders, became, harm, samples }: ShadowReport): string {
  const { known, aligned, allowed, good } = harm
  const actions = Object.entries(said).map(([action, count]) => `${action} ${count}`)
  const mean = meanPoints === 0 ? '' : `, ${points(meanPoints)} points on average`
  const lines = [
    `${rule}: judged ${judged} transactions, had something to say about ${hits}, of ${senders} senders`,
    ...(hits > 0 ? [`  would have said: ${actions.join(', ')}${mean}`, '  what became of them without it:'] : []),
    ...alignRows(Object.entries(became).map(([what, count]) => ['   ', String(count), what])),
    ...(good > 0
      ? [
          `  objected to ${good} that were delivered and are likely to be wanted: ${known} from senders your users know, ${aligned} DMARC-aligned, ${allowed} allow-listed`,
        ]
      : ['  objected to none that was delivered and is likely to be wanted']),
    ...(samples.length > 0 ? ['  for example:'] : []),
    ...alignRows(
      samples.map(({ id, client, sender, verdict, became, merits }) => [
        '   ',
        id,
        `${client} <${sender ?? ''}>`,
        `${nameOf(verdict)}; ${became}`,
        merits.join(', '),
      ]),
    ),
  ]
  return `${lines.map(visible).join('\n')}\n`
}

function nameOf(verdict: Verdict): string {
  if (verdict.action === 'pass') return 'pass'
  const sum = 'points' in verdict && verdict.points ? ` ${points(verdict.points)}` : ''
  return `${verdict.action}${sum} (${verdict.reason})`
}
