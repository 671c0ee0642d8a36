import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { inodeOf, keepWriteAheadLog, makePrivate } from '../sqlite/database-file.ts'
import type { Change } from './store-changes.ts'

/** What the file holds for a key. */
export interface StoredEntry {
  /** A counter, or any other value as JSON. */
  readonly value: number | string
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

const schema = `
  CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value ANY NOT NULL, expires_at REAL NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS entry_expires_at ON entry (expires_at);
`

const sql = {
  get: 'SELECT value, expires_at AS expiresAt FROM entry WHERE key = ? AND expires_at > ?',
  set: `INSERT INTO entry (key, value, expires_at) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  // Counters are stored as numbers, anything else as JSON text, to which nothing can be added.
  add: `INSERT INTO entry (key, value, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET
      value = iif(expires_at > ?4, value + excluded.value, excluded.value),
      expires_at = iif(expires_at > ?4, expires_at, excluded.expires_at)
      WHERE expires_at <= ?4 OR typeof(value) <> 'text'`,
  sweep: 'DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE expires_at <= ? LIMIT ?)',
} as const

/** The SQLite file of a store. Several processes may have it open. */
export class StoreFile {
  /** Its number in the file system. */
  readonly inode: number | undefined
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #get: StatementSync
  readonly #set: StatementSync
  readonly #add: StatementSync
  readonly #sweep: StatementSync

  /** Opens the file, which is made if there is none. If another process has it locked, this waits. */
  constructor(path: string, busyMs: number) {
    this.#path = path
    // It knows who writes to whom.
    makePrivate(path)
    this.inode = inodeOf(path)
    this.#database = new DatabaseSync(path, { timeout: busyMs })
    try {
      // With WAL this loses nothing but the last moments when the machine loses power.
      keepWriteAheadLog(this.#database, busyMs)
      this.#database.exec(`PRAGMA synchronous = NORMAL; ${schema}`)
      this.#get = this.#database.prepare(sql.get)
      this.#set = this.#database.prepare(sql.set)
      this.#add = this.#database.prepare(sql.add)
      this.#sweep = this.#database.prepare(sql.sweep)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** Whether our file is still what others find under its name. */
  get isInPlace(): boolean {
    return this.#database.isOpen && inodeOf(this.#path) === this.inode
  }

  get(key: string, nowMs: number): StoredEntry | undefined {
    return this.#get.get(key, nowMs) as StoredEntry | undefined // the table is STRICT, and `sql.get` names these columns
  }

  /** Writes all of these changes, or none: additions are to what the file holds now, whoever has written it. */
  write(changes: Iterable<readonly [string, Change]>, nowMs: number): void {
    this.#transact(() => {
      for (const [key, { value, added, expiresAt, liveUntil }] of changes) {
        if (added === undefined) this.#set.run(key, value, expiresAt)
        // What was counted in a window that is over says nothing about the next.
        else if (liveUntil > nowMs) this.#add.run(key, added, expiresAt, nowMs)
      }
    })
  }

  /** From now on writes wait so long for another process. */
  wait(busyMs: number): void {
    if (this.#database.isOpen) this.#database.exec(`PRAGMA busy_timeout = ${busyMs}`)
  }

  /** Takes out some of what has expired, and says how many. */
  sweep(most: number, nowMs: number): number {
    return Number(this.#sweep.run(nowMs, most).changes)
  }

  /** Lets go of it. From now on it is not in place, and nothing can be read or written. */
  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #transact(work: () => void): void {
    // Without IMMEDIATE, two that read first and then write could not both go on.
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } finally {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    }
  }
}
