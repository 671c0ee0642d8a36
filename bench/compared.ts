import { peers } from './peers.ts'
import type { Sample } from './sample.ts'
import { short } from './statistics.ts'
import { type Row, summarize } from './summary.ts'
import type { Column } from './table.ts'

/** Above that, something else on the machine has slowed the row down. */
const noisyCores = 0.15
const MiB = 1024 * 1024

/** A row beside those that it is compared with. */
export interface Compared extends Row {
  /** The reference that Node itself sets for this peer. */
  readonly floor: Row | undefined
  /** The sink without a relay. */
  readonly direct: Row | undefined
}

/** The rows of one load, in the order of the peers. */
export function compare(cell: string, samples: readonly Sample[]): Compared[] {
  const rows = summarize(samples.filter(sample => sample.cell === cell)).toSorted(byPlace)
  const named = (peer: string | undefined) => rows.find(row => row.peer === peer)
  const floorOf = (peer: string) => peers.find(({ name }) => name === peer)?.floor
  return rows.map(row => ({ ...row, floor: named(floorOf(row.peer)), direct: named('direct') }))
}

function byPlace(a: Row, b: Row): number {
  const place = (row: Row) => peers.findIndex(({ name }) => name === row.peer)
  return place(a) - place(b)
}

/** A number, and how many times that of the floor it is. */
export function withRatio({ floor, ...row }: Compared, what: 'rate' | 'cpuPerThousand'): string {
  return floor ? `${short(row[what])} (×${short(row[what] / floor[what])})` : short(row[what])
}

/** All errors of a row, and whether mail was lost, doubled or changed. */
export function errorsOf({ errors, faults }: Row): string {
  return faults.length > 0 ? `${errors} **fault**` : String(errors)
}

const peer: Column<Compared> = { head: 'peer', of: ({ peer, busyOther }) => (busyOther > noisyCores ? `${peer} ~` : peer) }
const rate: Column<Compared> = { head: 'a second', of: row => withRatio(row, 'rate') }
const cpu: Column<Compared> = { head: 'CPU s/1000', of: row => withRatio(row, 'cpuPerThousand') }
const times = (['p50', 'p95', 'p99'] as const).map(which => ({ head: `${which} ms`, of: (row: Compared) => short(row[which]) }))
const added = (['p50', 'p95', 'p99'] as const).map(which => ({
  head: `added ${which}`,
  of: ({ direct, ...row }: Compared) => (direct && row.peer !== direct.peer ? short(row[which] - direct[which]) : '–'),
}))
const memory = {
  head: 'RSS/PSS MiB',
  of: ({ peak, proportional }: Compared) => `${short(peak / MiB)}/${short(proportional / MiB)}`,
}
const busy = {
  head: 'busy cores',
  of: ({ busyPeer, busyLoad }: Compared) => `${busyPeer.toFixed(2)} + ${busyLoad.toFixed(2)}`,
}
const errors: Column<Compared> = { head: 'errors', of: errorsOf }
const usual = [peer, rate, cpu, ...times, memory, busy, errors]

const others: Readonly<Record<string, readonly Column<Compared>[]>> = {
  latency: [peer, rate, cpu, ...times, ...added, errors],
  dns: [...usual, { head: 'questions', of: ({ questions }) => short(questions) }],
  workers: [
    peer,
    rate,
    cpu,
    { head: '2 cores can', of: row => short(2000 / row.cpuPerThousand) },
    busy,
    ...times,
    memory,
    errors,
  ],
  memory: [
    peer,
    rate,
    cpu,
    { head: 'before MiB', of: ({ before }) => short(before / MiB) },
    { head: 'most MiB', of: ({ peak }) => short(peak / MiB) },
    { head: 'for each MiB', of: ({ before, peak }) => short((peak - before) / MiB / 200) },
    errors,
  ],
}

/** What a table of a group of loads shows. */
export function columnsOf(group: string): readonly Column<Compared>[] {
  return others[group] ?? usual
}
