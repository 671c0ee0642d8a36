import type { SQLInputValue } from 'node:sqlite'
import type { Outcome } from '../engine/trace.ts'
import type { Network } from '../mail/network.ts'
import { needles } from './privacy.ts'
import { positionAt } from './schema.ts'

/** A part of the journal, by the positions of its lines: the first, and the first behind the last. */
export interface Range {
  readonly from: number
  readonly before: number
}

/** Which lines of the journal: those of which everything holds that is given. */
export interface JournalFilter {
  readonly since?: Date
  /** Those that began before. */
  readonly until?: Date
  /** A part of a recipient's address: `bob@our.example`, `bob@`, `@our.example`, or a few letters. */
  readonly to?: string
  /** The same of the sender. `<>` are bounces. */
  readonly from?: string
  /** What has become of one of the recipients. `none`: there was none. */
  readonly verdict?: Outcome | 'tagged' | 'none'
  /** A rule that had something to say. */
  readonly rule?: string
  readonly client?: Network
  /** How the id begins. */
  readonly id?: string
  readonly range?: Range
}

/** The condition for a filter in SQL, and its parameters. Networks are asked for by the function `is_client`. */
export interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

export function conditionOf({ since, until, range, id, ...filter }: JournalFilter, key?: Buffer): Condition {
  const parts: [string, ...SQLInputValue[]][] = []
  if (since) parts.push(['position >= ?', positionAt(since.getTime())])
  if (until) parts.push(['position < ?', positionAt(until.getTime())])
  if (range) parts.push(['position >= ? AND position < ?', range.from, range.before])
  // All characters of ids are below `~`.
  if (id !== undefined) parts.push(['id >= ? AND id < ?', id.toUpperCase(), `${id.toUpperCase()}~`])
  if (filter.verdict !== undefined) parts.push(['instr(outcomes, ?) > 0', `\n${filter.verdict}\n`])
  if (filter.rule !== undefined) parts.push(['instr(rules, ?) > 0', `\n${filter.rule}\n`])
  if (filter.client) parts.push(['is_client(client)'])
  if (filter.to !== undefined) parts.push(contains('recipients', needles(filter.to, key)))
  if (filter.from === '' || filter.from === '<>') parts.push(["sender = '' AND outcomes <> char(10) || 'none' || char(10)"])
  else if (filter.from !== undefined) parts.push(contains('(char(10) || sender || char(10))', needles(filter.from, key)))
  const sql = parts.map(([text]) => `(${text})`).join(' AND ')
  return { sql: sql || 'TRUE', values: parts.flatMap(([, ...values]) => values) }
}

function contains(column: string, needles: readonly string[]): [string, ...string[]] {
  return [needles.map(() => `instr(${column}, ?) > 0`).join(' OR '), ...needles]
}
