import type { Store } from '../engine/store.ts'
import { inodeOf, isBroken, setAside } from '../sqlite/database-file.ts'
import { StoreChanges } from './store-changes.ts'
import { type StoredEntry, StoreFile } from './store-file.ts'
import { checkAmount, expiry, toJson } from './store-values.ts'

/** A store in a file. Several processes may share it. */
export interface FileStore extends Store {
  /** Writes what is only in memory yet, as far as that goes. */
  flush(): void
  /** What it was asked, and could not do, so far. */
  readonly counts: { readonly reads: number; readonly writes: number; readonly errors: number }
  close(): void
}

/**
 * What has become of the file: something for the log. `waiting`: it cannot be written, and what is learned stays in memory;
 * `working` again; `renewed`: it was broken, has another name now, and a new one has begun.
 */
export type StoreNews = { readonly state: 'waiting' | 'renewed'; readonly why: string } | { readonly state: 'working' }

/** Several processes may make a new file at once, and take turns. After that nothing waits: who holds the lock holds up no mail. */
const busyMs = { opening: 5000, running: 20, closing: 2000 } as const
/** So much is lost at most when the process dies; what others have counted is known so late. */
const flushEveryMs = 200
/** A transaction holds the lock for some milliseconds, and the next waits as long. */
const portion = { changes: 1000, nextMs: 10 } as const
const retryMs = 1000
/** What has expired is swept out in portions: after a long stop it must not hold up mail. */
const sweep = { everyMs: 60_000, portion: 1000, nextPortionMs: 1000 } as const

/**
 * Opens the store in a file, which is made if there is none. What goes wrong is an exception that names the file. Whoever
 * wants to be told of trouble is its owner: for him a broken file is set aside and a new one begins, now or later.
 *
 * What is written is in memory first, and goes into the file a moment later, together: no mail waits for the disk, or for
 * another process that has the file locked. Counters of several processes add up, but each sees late what others have added.
 */
export function openSqliteStore(path: string, now: () => Date, report?: (news: StoreNews) => void): FileStore {
  return new SqliteStore(path, now, report)
}

class SqliteStore implements FileStore {
  readonly counts = { reads: 0, writes: 0, errors: 0 }
  readonly #path: string
  readonly #now: () => Date
  readonly #report: ((news: StoreNews) => void) | undefined
  readonly #changes = new StoreChanges()
  #file: StoreFile
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false
  #isClosed = false
  #sweepAt = 0

  constructor(path: string, now: () => Date, report: ((news: StoreNews) => void) | undefined) {
    this.#path = path
    this.#now = now
    this.#report = report
    this.#file = this.#open()
    this.#file.wait(busyMs.running)
  }

  async get<T>(key: string): Promise<T | undefined> {
    this.counts.reads++
    const nowMs = this.#now().getTime()
    const change = this.#changes.get(key)
    const value = change ? (change.liveUntil > nowMs ? change.value : undefined) : this.#read(key, nowMs)?.value
    // Whoever reads a key knows what was written to it.
    return typeof value === 'string' ? JSON.parse(value) : (value as T | undefined)
  }

  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    const stored = typeof value === 'number' ? checkAmount(key, value) : toJson(key, value)
    this.counts.writes++
    this.#changes.set(key, stored, expiry(this.#now(), ttlSeconds))
    this.#flushIn(flushEveryMs)
  }

  async add(key: string, amount: number, ttlSeconds: number): Promise<number> {
    const now = this.#now()
    const nowMs = now.getTime()
    this.counts.writes++
    const addition = { amount: checkAmount(key, amount), nowMs, expiresAt: expiry(now, ttlSeconds) }
    const sum = this.#changes.add(key, addition, () => this.#read(key, nowMs))
    this.#flushIn(flushEveryMs)
    return sum
  }

  flush(): void {
    while (this.#changes.size > 0 && this.#writePortion()) {}
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    if (this.#changes.size > 0) this.#file.wait(busyMs.closing)
    this.flush()
    this.#file.close()
  }

  #flushIn(ms: number): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const isWritten = this.#writePortion()
      if (this.#changes.size > 0) this.#flushIn(isWritten ? portion.nextMs : retryMs)
    }, ms).unref()
  }

  /** Writes some of the changes; false if that cannot be done now. */
  #writePortion(): boolean {
    const nowMs = this.#now().getTime()
    const changes = this.#changes.first(portion.changes)
    try {
      // Another process may have found it broken and begun a new one, or somebody has removed it.
      if (!this.#file.isInPlace) this.#reopen()
      this.#file.write(changes, nowMs)
      this.#changes.forget(changes)
      this.#sweepNowAndThen(nowMs)
    } catch (error) {
      this.#note(error)
      return false
    }
    if (this.#isWaiting) this.#report?.({ state: 'working' })
    this.#isWaiting = false
    return true
  }

  #read(key: string, nowMs: number): StoredEntry | undefined {
    try {
      return this.#file.get(key, nowMs)
    } catch (error) {
      this.#note(error)
      if (isBroken(error) && this.#report) return undefined
      throw this.#named(error)
    }
  }

  /** Something has gone wrong. A broken file is replaced. */
  #note(error: unknown): void {
    this.counts.errors++
    if (isBroken(error) && this.#report) {
      this.#renew(error)
      return
    }
    if (!this.#isWaiting) this.#report?.({ state: 'waiting', why: this.#named(error).message })
    this.#isWaiting = true
  }

  /** Opens the file at the start: for an owner a broken one is set aside. */
  #open(): StoreFile {
    const inode = inodeOf(this.#path)
    try {
      return new StoreFile(this.#path, busyMs.opening)
    } catch (error) {
      if (!isBroken(error) || !this.#report) throw this.#named(error)
      this.#setAside(inode, error)
      return new StoreFile(this.#path, busyMs.opening)
    }
  }

  /** Opens what is found under the name of the file now. */
  #reopen(): void {
    this.#file.close()
    this.#file = new StoreFile(this.#path, busyMs.running)
  }

  #renew(error: unknown): void {
    const inode = this.#file.inode
    try {
      this.#file.close()
      this.#setAside(inode, error)
      this.#reopen()
    } catch (trouble) {
      this.#isWaiting = true
      this.#report?.({ state: 'waiting', why: this.#named(trouble).message })
    }
  }

  #setAside(inode: number | undefined, error: unknown): void {
    const aside = setAside(this.#path, inode)
    if (aside !== undefined) this.#report?.({ state: 'renewed', why: `${this.#named(error).message}; it is ${aside} now` })
  }

  /** SQLite says "database is locked", but not which. */
  #named(error: unknown): Error {
    return new Error(`${this.#path}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }

  #sweepNowAndThen(nowMs: number): void {
    if (nowMs < this.#sweepAt) return
    const swept = this.#file.sweep(sweep.portion, nowMs)
    this.#sweepAt = nowMs + (swept === sweep.portion ? sweep.nextPortionMs : sweep.everyMs)
  }
}
