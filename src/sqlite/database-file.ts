import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** Makes the file of a database, if there is none, such that only we may read it. SQLite gives its other files the same mode. */
export function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
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

/** SQLITE_BUSY. */
const busy = 5
const pauseMs = 5

/**
 * Lets a database keep a write-ahead log. When two processes open a new file at the same moment, SQLite tells one of them at once that it is
 * locked, whatever its time-out: to wait for each other could be for ever. So we try again, as long as that time-out says.
 */
export function keepWriteAheadLog(database: DatabaseSync, busyMs: number): void {
  const until = performance.now() + busyMs
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busy
      if (!isBusy || performance.now() > until) throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
  }
}
