import { type Cell, cells } from './cells.ts'
import { peers } from './peers.ts'
import type { Results } from './rounds.ts'
import type { IdleSample } from './sample.ts'
import { short } from './statistics.ts'
import { type Row, summarize } from './summary.ts'
import { type Column, table } from './table.ts'

/** Above that, something else on the machine has slowed the row down. */
const noisyCores = 0.15
const MiB = 1024 * 1024

/** The tables of a group of loads, in Markdown. */
export interface Section {
  readonly group: string
  readonly text: string
}

/** A row beside those that it is compared with. */
interface Compared extends Row {
  /** The reference that Node itself sets for this peer. */
  readonly floor: Row | undefined
  /** The sink without a relay. */
  readonly direct: Row | undefined
}

const name: Column<Compared> = {
  head: 'peer',
  of: ({ peer, busyOther }) => (busyOther > noisyCores ? `${peer} ~` : peer),
}
const rate: Column<Compared> = { head: 'a second', of: row => withRatio(row, 'rate') }
const cpu: Column<Compared> = { head: 'CPU s/1000', of: row => withRatio(row, 'cpuPerThousand') }
const times = (['p50', 'p95', 'p99'] as const).map(which => ({ head: `${which} ms`, of: (row: Compared) => short(row[which]) }))
const added = (['p50', 'p95', 'p99'] as const).map(which => ({
  head: `added ${which}`,
  of: ({ direct, ...row }: Compared) => (direct && row.peer !== direct.peer ? short(row[which] - direct[which]) : '–'),
}))
const memory: Column<Compared> = {
  head: 'RSS/PSS MiB',
  of: ({ peak, proportional }) => `${short(peak / MiB)}/${short(proportional / MiB)}`,
}
const busy: Column<Compared> = {
  head: 'busy cores',
  of: ({ busyPeer, busyLoad }) => `${busyPeer.toFixed(2)} + ${busyLoad.toFixed(2)}`,
}
const errors: Column<Compared> = {
  head: 'errors',
  of: ({ errors, faults }) => [errors, ...faults.map(() => '**fault**')].join(' '),
}
const usual = [name, rate, cpu, ...times, memory, busy, errors]

/** What differs from the usual columns. */
const columnsOf: Readonly<Record<string, readonly Column<Compared>[]>> = {
  latency: [name, rate, cpu, ...times, ...added, errors],
  dns: [...usual, { head: 'questions', of: ({ questions }) => short(questions) }],
  workers: [
    name,
    rate,
    cpu,
    { head: '2 cores can', of: ({ cpuPerThousand }) => short(2000 / cpuPerThousand) },
    busy,
    ...times,
    errors,
  ],
  memory: [
    name,
    rate,
    cpu,
    { head: 'before MiB', of: ({ before }) => short(before / MiB) },
    { head: 'most MiB', of: ({ peak }) => short(peak / MiB) },
    { head: 'for each MiB', of: ({ before, peak }) => short((peak - before) / MiB / 200) },
    errors,
  ],
}

const idleColumns: readonly Column<IdleSample>[] = [
  { head: 'peer', of: ({ peer }) => peer },
  { head: 'held', of: ({ held }) => short(held) },
  { head: 'before MiB', of: ({ before }) => short(before / MiB) },
  { head: 'with MiB', of: ({ during }) => short(during / MiB) },
  { head: 'for each KiB', of: ({ held, before, during }) => short((during - before) / 1024 / held) },
  { head: 'busy cores', of: ({ busy }) => busy.toFixed(3) },
  { head: 'errors', of: ({ errors }) => String(errors) },
]

/** The sections of all groups of which something was measured. */
export function sections({ samples, idle }: Pick<Results, 'samples' | 'idle'>): Section[] {
  const measured = cells.filter(({ name }) => [...samples, ...idle].some(({ cell }) => cell === name))
  return [...Map.groupBy(measured, ({ group }) => group)].map(([group, own]) => ({
    group,
    text: own.map(cell => `**${cell.name}**: ${cell.title}\n\n${tableOf(cell, { samples, idle })}`).join('\n\n'),
  }))
}

function tableOf(cell: Cell, { samples, idle }: Pick<Results, 'samples' | 'idle'>): string {
  if (cell.kind === 'idle')
    return table(
      idleColumns,
      idle.filter(({ cell: name }) => name === cell.name),
    )
  const rows = summarize(samples.filter(({ cell: name }) => name === cell.name)).toSorted(byPlace)
  const named = (peer: string | undefined) => rows.find(row => row.peer === peer)
  const floorOf = (peer: string) => peers.find(({ name }) => name === peer)?.floor
  const compared = rows.map(row => ({ ...row, floor: named(floorOf(row.peer)), direct: named('direct') }))
  return table(columnsOf[cell.group] ?? usual, compared)
}

function byPlace(a: Row, b: Row): number {
  const place = (row: Row) => peers.findIndex(({ name }) => name === row.peer)
  return place(a) - place(b)
}

/** A number, and how many times that of the floor it is. */
function withRatio({ floor, ...row }: Compared, what: 'rate' | 'cpuPerThousand'): string {
  return floor ? `${short(row[what])} (×${short(row[what] / floor[what])})` : short(row[what])
}
