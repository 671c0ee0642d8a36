import { type Cell, cells } from './cells.ts'
import { type Compared, columnsOf, compare, errorsOf, withRatio } from './compared.ts'
import type { Results } from './rounds.ts'
import type { IdleSample, Sample } from './sample.ts'
import { short } from './statistics.ts'
import { type Column, table } from './table.ts'

/** So many loads of a group have a table each. Of more, each number has one, so that they can be looked at side by side. */
const mostTables = 4

/** The tables of a group of loads, in Markdown. */
export interface Section {
  readonly group: string
  readonly text: string
}

/** The sections of all groups of which something was measured. */
export function sections({ samples, idle }: Results): Section[] {
  const measured = cells.filter(({ name }) => [...samples, ...idle].some(({ cell }) => cell === name))
  return [...Map.groupBy(measured, ({ group }) => group)].map(([group, own]) => {
    const tables = own.length > mostTables ? matrices(own, samples) : own.map(cell => tableOf(cell, { samples, idle }))
    return { group, text: tables.join('\n\n') }
  })
}

function tableOf(cell: Cell, { samples, idle }: Results): string {
  const ofCell = ({ cell: name }: IdleSample) => name === cell.name
  const text =
    cell.kind === 'idle' ? table(idleColumns, idle.filter(ofCell)) : table(columnsOf(cell.group), compare(cell.name, samples))
  return `**${cell.name}**: ${cell.title}\n\n${text}`
}

const KiB = 1024
const MiB = 1024 * KiB

const idleColumns: readonly Column<IdleSample>[] = [
  { head: 'peer', of: ({ peer }) => peer },
  { head: 'held', of: ({ held }) => short(held) },
  { head: 'before MiB', of: ({ before }) => short(before / MiB) },
  { head: 'with MiB', of: ({ during }) => short(during / MiB) },
  { head: 'for each KiB', of: ({ held, before, during }) => short((during - before) / KiB / held) },
  { head: 'busy cores', of: ({ busy }) => busy.toFixed(3) },
  { head: 'errors', of: ({ errors }) => String(errors) },
]

const numbers: readonly { readonly title: string; of(row: Compared): string }[] = [
  { title: 'messages a second', of: row => withRatio(row, 'rate') },
  { title: 'CPU seconds for 1000 messages', of: row => withRatio(row, 'cpuPerThousand') },
  { title: 'milliseconds: p50 / p95 / p99', of: ({ p50, p95, p99 }) => [p50, p95, p99].map(short).join(' / ') },
]

/** One table for each number and size, with a row for each peer and a column for each load. */
function matrices(own: readonly Cell[], samples: readonly Sample[]): string[] {
  const bySize = Map.groupBy(own, ({ name }) => name.split('-', 1)[0] ?? '')
  const tables = [...bySize].flatMap(([size, cells]) => numbers.map(number => matrix({ size, cells, number }, samples)))
  const rows = own.flatMap(({ name }) => compare(name, samples).map(row => ({ name, row })))
  const wrong = rows.filter(({ row }) => row.errors + row.faults.length > 0)
  return [...tables, ...wrong.map(({ name, row }) => `${row.peer} under ${name}: ${errorsOf(row)} errors`)]
}

interface Matrix {
  readonly size: string
  readonly cells: readonly Cell[]
  readonly number: (typeof numbers)[number]
}

function matrix({ size, cells, number }: Matrix, samples: readonly Sample[]): string {
  const rows = new Map(cells.map(({ name }) => [name, compare(name, samples)]))
  const peers = [...new Set([...rows.values()].flat().map(({ peer }) => peer))]
  const column = ({ name }: Cell): Column<string> => ({
    head: name.slice(size.length + 1),
    of(peer) {
      const row = rows.get(name)?.find(other => other.peer === peer)
      return row ? number.of(row) : '–'
    },
  })
  return `**${size}**: ${number.title}\n\n${table([{ head: 'peer', of: peer => peer }, ...cells.map(column)], peers)}`
}
