import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { inodeOf, keepWriteAheadLog, makePrivate } from '../sqlite/database-file.ts'
import type { Row } from './record.ts'
import { compress, positionAt, tables, version } from './schema.ts'

/** How much is kept. */
export interface Retention {
  readonly days: number
  /** The size of the file. */
  readonly bytes: number
}

const sql = {
  // Behind those that have begun in the same millisecond; several processes write. In one that is full, behind all.
  add: `INSERT INTO transactions VALUES (
    (SELECT CASE max(position) WHEN ?2 - 1 THEN (SELECT max(position) + 1 FROM transactions) ELSE coalesce(max(position) + 1, ?1) END
      FROM transactions WHERE position >= ?1 AND position < ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
  expire:
    'DELETE FROM transactions WHERE position IN (SELECT position FROM transactions WHERE position < ? ORDER BY position LIMIT ?)',
} as const

const dayMs = 24 * 60 * 60 * 1000

/** The SQLite file of the journal, for those who write. Several may have it open. */
export class JournalFile {
  /** Its number in the file system. */
  readonly inode: number | undefined
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #add: StatementSync
  readonly #expire: StatementSync

  /** Opens the file, which is made if there is none. If another process has it locked, this waits. */
  constructor(path: string, busyMs: number) {
    this.#path = path
    // It knows who writes to whom.
    makePrivate(path)
    this.inode = inodeOf(path)
    this.#database = new DatabaseSync(path, { timeout: busyMs })
    try {
      // Pages that are given up can be given back only if that is said before there is any table.
      this.#database.exec('PRAGMA auto_vacuum = INCREMENTAL')
      keepWriteAheadLog(this.#database, busyMs)
      this.#database.exec('PRAGMA synchronous = NORMAL')
      this.#database.exec('PRAGMA journal_size_limit = 16777216')
      this.#begin()
      this.#add = this.#database.prepare(sql.add)
      this.#expire = this.#database.prepare(sql.expire)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** Whether our file is still what others find under its name. */
  get isInPlace(): boolean {
    return this.#database.isOpen && inodeOf(this.#path) === this.inode
  }

  /** In bytes, without what is free in it. */
  get size(): number {
    return (this.#number('page_count') - this.#number('freelist_count')) * this.#number('page_size')
  }

  /** Writes all of these, or none. */
  write(rows: readonly Row[]): void {
    this.#transact(() => {
      for (const row of rows) {
        const [first, next] = [positionAt(row.started), positionAt(row.started + 1)]
        const { id, configuration, client, sender, recipients, outcomes, rules, trace } = row
        this.#add.run(first, next, id, configuration, client, sender, recipients, outcomes, rules, compress(trace))
      }
    })
  }

  /** Takes out some of what is too old, or too much, the oldest first; gives back what is free beyond it; 0 when there is nothing left to do. */
  expire(most: number, { days, bytes }: Retention, nowMs: number): number {
    const isFull = this.size > bytes
    const before = isFull ? Number.MAX_SAFE_INTEGER : positionAt(nowMs - days * dayMs)
    const expired = Number(this.#expire.run(before, most).changes)
    // What is free is used again; only what is too much is given back.
    const tooMany = this.#number('page_count') - Math.floor(bytes / this.#number('page_size'))
    const pages = Math.min(tooMany, this.#number('freelist_count'), most)
    if (pages > 0) this.#database.exec(`PRAGMA incremental_vacuum(${pages})`)
    return expired + Math.max(0, pages)
  }

  /** Lets go of it. */
  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #begin(): void {
    const found = this.#number('user_version')
    if (found === version) return
    if (found !== 0) throw new UnknownVersion(found)
    this.#transact(() => this.#database.exec(`${tables} PRAGMA user_version = ${version}`))
  }

  #number(pragma: string): number {
    return Number(this.#database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
  }

  #transact(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } finally {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    }
  }
}

/** The file is a journal that another version of Postern has written. */
export class UnknownVersion extends Error {
  constructor(found: number) {
    super(`expected a journal of version ${version}, found ${found}`)
  }
}
