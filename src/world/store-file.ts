import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
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
    // It knows who writes to whom: only we may read it. SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600))
    this.inode = inodeOf(path)
    this.#database = new DatabaseSync(path, { timeout: busyMs })
    try {
      // With WAL this loses nothing but the last moments when the machine loses power.
      this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`)
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

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const broken: readonly number[] = [11, 26]

/** Whether an error says that the file is no database, or a broken one. */
export function isBroken(error: unknown): boolean {
  // The lowest byte is the primary code; above it stands what exactly.
  return error instanceof Error && 'errcode' in error && broken.includes(Number(error.errcode) & 0xff)
}

/** Gives a broken file another name, which is returned, so that a new one can begin; none if another process has done so. */
export function setAside(path: string, brokenInode: number | undefined): string | undefined {
  if (brokenInode === undefined || inodeOf(path) !== brokenInode) return undefined
  const aside = `${path}.broken-${brokenInode}`
  // The log first: a new file must not find the old one's.
  for (const part of ['-wal', '-shm', '']) {
    try {
      renameSync(path + part, aside + part)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return aside
}

/** The number that the file system has for the file with this name; `undefined` when there is none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
