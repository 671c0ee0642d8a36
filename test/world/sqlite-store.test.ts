import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type FileStore, openSqliteStore } from '../../src/world/sqlite-store.ts'
import { Clock, storeContract } from './store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
const opened: FileStore[] = []
let files = 0

after(() => {
  for (const store of opened) store.close()
  rmSync(folder, { recursive: true })
})

storeContract('sqlite store', now => open(newPath(), now))

function newPath(): string {
  files += 1
  return join(folder, `${files}.db`)
}

function open(path: string, now: () => Date): FileStore {
  const store = openSqliteStore(path, now, 5000)
  opened.push(store)
  return store
}

function rowsIn(path: string): number {
  const database = new DatabaseSync(path)
  const row = database.prepare('SELECT count(*) AS rows FROM entry').get()
  database.close()
  return Number(row?.rows)
}

test('the sqlite store survives a restart', async () => {
  const { now } = new Clock()
  const path = newPath()
  const before = openSqliteStore(path, now)
  await before.set('key', { seen: 1 }, 60)
  await before.add('counter', 3, 60)
  before.close()
  const after = open(path, now)
  assert.deepEqual(await after.get('key'), { seen: 1 })
  assert.equal(await after.add('counter', 1, 60), 4)
})

test('two processes that add to one counter of a new file lose nothing', async () => {
  const path = newPath()
  const add = () => promisify(execFile)(process.execPath, [fileURLToPath(import.meta.resolve('./add-to-store.ts')), path, '300'])
  const outputs = await Promise.all([add(), add()])
  assert.deepEqual(
    outputs.map(output => output.stderr),
    ['', ''],
  )
  assert.equal(await open(path, () => new Date()).get('counter'), 600)
})

test('what has expired is swept out of the file, in portions', async () => {
  const clock = new Clock()
  const path = newPath()
  const store = open(path, clock.now)
  for (let index = 0; index < 1500; index += 1) await store.set(`key ${index}`, 1, 10)
  clock.pass(60)
  await store.set('kept', 1, 3600)
  assert.equal(rowsIn(path), 501)
  clock.pass(1)
  await store.add('kept', 1, 3600)
  assert.equal(rowsIn(path), 1)
})

test('only we may read the file of the store', () => {
  const path = newPath()
  open(path, new Clock().now)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a file that is no database, or cannot be made, is an exception that names it', () => {
  const { now } = new Clock()
  const corrupt = newPath()
  writeFileSync(corrupt, 'this is not a database, but it is long enough to be looked at as one'.repeat(20))
  assert.throws(() => openSqliteStore(corrupt, now), { message: `${corrupt}: file is not a database` })
  const nowhere = join(folder, 'missing', 'store.db')
  assert.throws(
    () => openSqliteStore(nowhere, now),
    (error: Error) => error.message.startsWith(`${nowhere}: ENOENT`),
  )
})

test('a file that another process keeps locked is an exception that names it', async () => {
  const path = newPath()
  const store = openSqliteStore(path, new Clock().now, 20)
  opened.push(store)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.add('key', 1, 60), { message: `${path}: database is locked` })
  other.exec('ROLLBACK')
  other.close()
  assert.equal(await store.add('key', 1, 60), 1)
})
