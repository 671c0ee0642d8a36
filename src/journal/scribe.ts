import { inodeOf, isBroken, setAside } from '../sqlite/database-file.ts'
import { JournalFile, type Retention, UnknownVersion } from './journal-file.ts'
import { openKey, withoutPersons } from './privacy.ts'
import { type Row, rowOf } from './record.ts'

/** Where a journal is, and what it keeps. */
export interface JournalSettings {
  readonly path: string
  readonly retention: Retention
  /** The file of the key of pseudonyms, when persons are not to be found in the journal. */
  readonly keyFile?: string
}

/** What has become of lines, and of the file. `waiting`: it cannot be written now; `renewed`: it was broken, and a new one has begun. */
export type JournalNews =
  | { readonly state: 'written' | 'lost'; readonly count: number; readonly characters: number }
  | { readonly state: 'waiting' | 'renewed'; readonly why: string }
  | { readonly state: 'working' }

/** Whoever has the file locked, has it for so long at most; nobody waits for us meanwhile. */
const busyMs = 2000
/** A transaction holds the lock for some milliseconds. */
const portion = 200
const retryMs = 1000
/** What is too old is taken out in portions: other processes write between them. */
const tending = { everyMs: 10_000, portion: 200, nextMs: 50 } as const

/**
 * Writes the journal, in a thread where nobody waits for it. What cannot be written now waits; a file that is broken, or of
 * another version, is set aside, and a new one begins.
 */
export class Scribe {
  readonly #settings: JournalSettings
  readonly #tell: (news: JournalNews) => void
  #file: JournalFile | undefined
  #key: Buffer | undefined
  #rows: Row[] = []
  #retry: NodeJS.Timeout | undefined
  #tending: NodeJS.Timeout | undefined
  #isWaiting = false

  constructor(settings: JournalSettings, tell: (news: JournalNews) => void) {
    this.#settings = settings
    this.#tell = tell
    this.#tendIn(tending.everyMs)
  }

  take(rows: readonly Row[]): void {
    this.#rows.push(...rows)
    if (!this.#retry) this.#writeAll()
  }

  /** Writes what is left, as far as that goes now. */
  close(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#tending)
    while (this.#rows.length > 0 && this.#writePortion()) {}
    this.#file?.close()
  }

  #writeAll(): void {
    this.#retry = undefined
    while (this.#rows.length > 0) {
      if (this.#writePortion()) continue
      this.#retry = setTimeout(() => this.#writeAll(), retryMs)
      return
    }
  }

  /** False if it cannot be done now. */
  #writePortion(): boolean {
    const rows = this.#rows.slice(0, portion)
    try {
      this.#open().write(this.#settings.keyFile === undefined ? rows : rows.map(row => this.#withoutPersons(row)))
    } catch (error) {
      return this.#fail(error, rows)
    }
    this.#done('written', rows)
    if (this.#isWaiting) this.#tell({ state: 'working' })
    this.#isWaiting = false
    return true
  }

  #done(state: 'written' | 'lost', rows: readonly Row[]): void {
    this.#rows.splice(0, rows.length)
    this.#tell({ state, count: rows.length, characters: charactersOf(rows) })
  }

  #open(): JournalFile {
    // Another process may have found it broken and begun a new one, or somebody has removed it.
    if (this.#file && !this.#file.isInPlace) this.#close()
    this.#file ??= new JournalFile(this.#settings.path, busyMs)
    return this.#file
  }

  #close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #withoutPersons(row: Row): Row {
    this.#key ??= openKey(this.#settings.keyFile ?? '')
    const trace = withoutPersons(JSON.parse(row.trace), this.#key) as Parameters<typeof rowOf>[0] // its shape stays
    return rowOf(trace, row.configuration)
  }

  /** Something has gone wrong; whether one may go on at once. */
  #fail(error: unknown, rows: readonly Row[]): boolean {
    const why = `${this.#settings.path}: ${error instanceof Error ? error.message : error}`
    if (isBroken(error) || error instanceof UnknownVersion) return this.#renew(why)
    if (isForGood(error)) {
      this.#tell({ state: 'waiting', why })
      this.#done('lost', rows)
      return true
    }
    if (!this.#isWaiting) this.#tell({ state: 'waiting', why })
    this.#isWaiting = true
    return false
  }

  #renew(why: string): boolean {
    const inode = this.#file?.inode ?? inodeOf(this.#settings.path)
    try {
      this.#close()
      const aside = setAside(this.#settings.path, inode)
      if (aside !== undefined) this.#tell({ state: 'renewed', why: `${why}; it is ${aside} now` })
      return true
    } catch (error) {
      if (!this.#isWaiting) this.#tell({ state: 'waiting', why: `${why}; ${error instanceof Error ? error.message : error}` })
      this.#isWaiting = true
      return false
    }
  }

  #tendIn(ms: number): void {
    this.#tending = setTimeout(() => this.#tendIn(this.#tend() ? tending.nextMs : tending.everyMs), ms)
  }

  /** Whether there is more to take out. */
  #tend(): boolean {
    try {
      return this.#open().expire(tending.portion, this.#settings.retention, Date.now()) > 0
    } catch (error) {
      this.#fail(error, [])
      return false
    }
  }
}

export function charactersOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { trace }) => sum + trace.length, 0)
}

/** SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE: the same would go wrong again, and hold up all others. */
const lasting: readonly number[] = [18, 19, 20, 25]

function isForGood(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && lasting.includes(Number(error.errcode) & 0xff)
}
