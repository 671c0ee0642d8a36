import { DatabaseSync } from 'node:sqlite'
import type { Trace } from '../engine/trace.ts'
import { conditionOf, type JournalFilter, type Range } from './journal-filter.ts'
import type { Recorded } from './record.ts'
import { decompress, version } from './schema.ts'

/** A record whose trace is text yet. */
export interface RawRecord {
  readonly position: number
  readonly id: string
  readonly configuration: string
  /** The trace. */
  readonly json: string
}

/** So many records are in memory at a time. */
const page = 128
/** A writer holds the file for some milliseconds. */
const busyMs = 5000
const columns = 'position, id, configuration, trace'

/** The journal, for those who ask. The gateway may go on writing: who reads holds up nobody. */
export class JournalReader {
  readonly #database: DatabaseSync
  readonly #key: Buffer | undefined

  /**
   * Opens the file of a journal; an exception says why it cannot be read. With the key of its pseudonyms it can be asked for
   * persons whose addresses it does not hold.
   */
  constructor(path: string, { key }: { readonly key?: Buffer | undefined } = {}) {
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: busyMs })
    this.#key = key
    const found = this.#database.prepare('PRAGMA user_version').get()
    if (found?.user_version === version) return
    this.#database.close()
    throw new Error(`${path}: expected a journal of version ${version}, found ${found?.user_version || 'another file'}`)
  }

  /** The records in the order in which the transactions began. Each is parsed when it is reached. */
  *entries(filter: JournalFilter = {}): Generator<Recorded> {
    for (const { json, configuration } of this.raw(filter)) yield { trace: parse(json), configuration }
  }

  /** The same as text: for those who parse elsewhere. */
  *raw(filter: JournalFilter = {}): Generator<RawRecord> {
    const { sql, values } = this.#condition(filter)
    const next = this.#database.prepare(
      `SELECT ${columns} FROM transactions WHERE position > ? AND ${sql} ORDER BY position LIMIT ${page}`,
    )
    let records: readonly Stored[]
    let position = -1
    do {
      // Each page is a read of its own: a long one would keep the log of the writers from being taken up.
      records = next.all(position, ...values) as unknown as readonly Stored[] // the table is STRICT
      for (const record of records) yield rawOf(record)
      position = records.at(-1)?.position ?? position
    } while (records.length === page)
  }

  /** The last of them, the latest at the end. */
  latest(filter: JournalFilter, most: number): Recorded[] {
    const { sql, values } = this.#condition(filter)
    const records = this.#database
      .prepare(`SELECT ${columns} FROM transactions WHERE ${sql} ORDER BY position DESC LIMIT ?`)
      .all(...values, most) as unknown as readonly Stored[] // the table is STRICT
    return records.map(recordedIn).reverse()
  }

  /** The record of a transaction, by its id as it stands in a reply: in any case. */
  find(id: string): Recorded | undefined {
    const [record] = this.#database
      .prepare(`SELECT ${columns} FROM transactions WHERE id = ? ORDER BY position DESC LIMIT 1`)
      .all(id.toUpperCase()) as unknown as readonly Stored[] // the table is STRICT
    return record && recordedIn(record)
  }

  count(filter: JournalFilter = {}): number {
    const { sql, values } = this.#condition(filter)
    return Number(this.#database.prepare(`SELECT count(*) AS count FROM transactions WHERE ${sql}`).get(...values)?.count)
  }

  /** Cuts what a filter lets through into parts of about the same number of records, in their order: one for each process that reads. */
  split(parts: number, filter: JournalFilter = {}): Range[] {
    const { sql, values } = this.#condition(filter)
    const share = Math.max(1, Math.ceil(this.count(filter) / parts))
    const nth = this.#database.prepare(`SELECT position FROM transactions WHERE ${sql} ORDER BY position LIMIT 1 OFFSET ?`)
    const starts = Array.from({ length: parts }, (_, part) => nth.get(...values, part * share)?.position).filter(
      start => start !== undefined,
    )
    return starts.map((start, at) => ({ from: Number(start), before: Number(starts[at + 1] ?? Number.MAX_SAFE_INTEGER) }))
  }

  close(): void {
    this.#database.close()
  }

  #condition(filter: JournalFilter) {
    const { client } = filter
    if (client) this.#database.function('is_client', ip => (client.contains(String(ip)) ? 1 : 0))
    return conditionOf(filter, this.#key)
  }
}

/** As it lies in the file: compressed. */
interface Stored extends Omit<RawRecord, 'json'> {
  readonly trace: Uint8Array
}

function rawOf({ position, id, configuration, trace }: Stored): RawRecord {
  return { position, id, configuration, json: decompress(trace) }
}

function recordedIn({ trace, configuration }: Stored): Recorded {
  return { trace: parse(decompress(trace)), configuration }
}

function parse(json: string): Trace {
  return JSON.parse(json) // what the writer made of a trace
}
