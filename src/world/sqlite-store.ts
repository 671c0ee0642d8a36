import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Store } from '../engine/store.ts'
import { checkAmount, expiry, notACounter, toJson } from './store-values.ts'

/** A store in a file. Several processes may share it. */
export interface FileStore extends Store {
  /** What it was asked, and could not do, so far. */
  readonly counts: { readonly reads: number; readonly writes: number; readonly errors: number }
  close(): void
}

/** What has expired is swept out in portions: after a long stop it must not hold up mail. */
const sweep = { everyMs: 60_000, portion: 1000, nextPortionMs: 1000 } as const

const schema = `
  CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value ANY NOT NULL, expires_at REAL NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS entry_expires_at ON entry (expires_at);
`

const sql = {
  get: 'SELECT value FROM entry WHERE key = :key AND expires_at > :now',
  set: `INSERT INTO entry (key, value, expires_at) VALUES (:key, :value, :expiresAt)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  // Counters are stored as numbers, anything else as JSON text. No row comes back for a value that is no counter.
  add: `INSERT INTO entry (key, value, expires_at) VALUES (:key, :amount, :expiresAt)
    ON CONFLICT (key) DO UPDATE SET
      value = iif(expires_at > :now, value + excluded.value, excluded.value),
      expires_at = iif(expires_at > :now, expires_at, excluded.expires_at)
      WHERE expires_at <= :now OR typeof(value) <> 'text'
    RETURNING value`,
  sweep: 'DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE expires_at <= :now LIMIT :portion)',
} as const

/**
 * Opens the store in a file, which is made if there is none. What goes wrong is an exception that names the file.
 * A write waits so long while another process writes; nothing else happens in this process meanwhile.
 */
export function openSqliteStore(path: string, now: () => Date, busyTimeoutMs = 1000): FileStore {
  return naming(path, () => new SqliteStore(path, now, busyTimeoutMs))
}

class SqliteStore implements FileStore {
  readonly counts = { reads: 0, writes: 0, errors: 0 }
  readonly #path: string
  readonly #now: () => Date
  readonly #database: DatabaseSync
  readonly #get: StatementSync
  readonly #set: StatementSync
  readonly #add: StatementSync
  readonly #sweep: StatementSync
  #sweepAt = 0

  constructor(path: string, now: () => Date, busyTimeoutMs: number) {
    this.#path = path
    this.#now = now
    // It knows who writes to whom: only we may read it. SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600))
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs })
    // With WAL this loses nothing but the last moments when the machine loses power.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec(schema)
    this.#database = database
    this.#get = database.prepare(sql.get)
    this.#set = database.prepare(sql.set)
    this.#add = database.prepare(sql.add)
    this.#sweep = database.prepare(sql.sweep)
  }

  async get<T>(key: string): Promise<T | undefined> {
    this.counts.reads++
    const row = this.#do(() => this.#get.get({ key, now: this.#now().getTime() }))
    // Whoever reads a key knows what was written to it.
    return typeof row?.value === 'string' ? JSON.parse(row.value) : (row?.value as T | undefined)
  }

  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    const stored = typeof value === 'number' ? checkAmount(key, value) : toJson(key, value)
    const now = this.#now()
    this.counts.writes++
    this.#do(() => this.#set.run({ key, value: stored, expiresAt: expiry(now, ttlSeconds) }))
    this.#sweepNowAndThen(now)
  }

  async add(key: string, amount: number, ttlSeconds: number): Promise<number> {
    const now = this.#now()
    const entry = { key, amount: checkAmount(key, amount), expiresAt: expiry(now, ttlSeconds), now: now.getTime() }
    this.counts.writes++
    const row = this.#do(() => this.#add.get(entry))
    this.#sweepNowAndThen(now)
    if (typeof row?.value !== 'number') throw notACounter(key)
    return row.value
  }

  close(): void {
    this.#database.close()
  }

  #do<T>(work: () => T): T {
    try {
      return naming(this.#path, work)
    } catch (error) {
      this.counts.errors++
      throw error
    }
  }

  #sweepNowAndThen(now: Date): void {
    if (now.getTime() < this.#sweepAt) return
    const { changes } = this.#do(() => this.#sweep.run({ now: now.getTime(), portion: sweep.portion }))
    this.#sweepAt = now.getTime() + (changes === sweep.portion ? sweep.nextPortionMs : sweep.everyMs)
  }
}

/** SQLite says "database is locked", but not which. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof TypeError) throw error
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}
