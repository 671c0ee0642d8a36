import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { keepWriteAheadLog } from '../../sqlite/database-file.ts'

/** Its number stands in `user_version`: a file that a later Postern has written is not touched. */
const version = 1

// Times are milliseconds since 1970. A recipient that is lent has an owner, and is due again when the lease is over: whoever
// dies gives back by that what he had. A row is gone when its copy is delivered, a message with its last recipient.
// `bytes` is null when the message is in a file of its own.
const schema = `
  CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, mail TEXT NOT NULL, size INTEGER NOT NULL, created INTEGER NOT NULL,
    bytes BLOB
  ) STRICT;
  CREATE TABLE IF NOT EXISTS recipient (
    message TEXT NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL, parameters TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, expires INTEGER NOT NULL, notice INTEGER,
    held INTEGER NOT NULL DEFAULT 0, owner TEXT, reply TEXT,
    PRIMARY KEY (message, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS recipient_due ON recipient (domain, due) WHERE held = 0;
  CREATE INDEX IF NOT EXISTS recipient_expires ON recipient (expires) WHERE held = 0;
  CREATE INDEX IF NOT EXISTS recipient_notice ON recipient (notice) WHERE held = 0 AND notice IS NOT NULL;
  CREATE INDEX IF NOT EXISTS recipient_owner ON recipient (owner) WHERE owner IS NOT NULL;
  CREATE TABLE IF NOT EXISTS avoided (
    domain TEXT PRIMARY KEY, until INTEGER NOT NULL, failures INTEGER NOT NULL, why TEXT NOT NULL,
    probed INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
`

/** Another process may be writing for as long as its disk takes: nothing else waits for this thread. */
const busyMs = 30_000

/** Opens the file of a queue, which is made if there is none. */
export function openDatabase(path: string): DatabaseSync {
  // It holds other people's mail: only we may read it. SQLite gives its other files the mode of this one.
  closeSync(openSync(path, 'a', 0o600))
  syncFolder(dirname(path))
  const database = new DatabaseSync(path, { timeout: busyMs })
  try {
    // FULL: with less, a commit is on its way to the disk, and lost with the power.
    keepWriteAheadLog(database, busyMs)
    database.exec('PRAGMA synchronous = FULL')
    const { user_version: found } = database.prepare('PRAGMA user_version').get() ?? {}
    if (Number(found) > version) throw new Error(`it was written by a later Postern: its version is ${found}, ours ${version}`)
    database.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${version}; COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLite sees to the names of its own files, but the name of this one is ours. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
