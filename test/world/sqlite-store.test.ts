import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type FileStore, openSqliteStore, type StoreNews } from '../../src/world/sqlite-store.ts'
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
  const store = openSqliteStore(path, now)
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
  store.flush()
  assert.equal(rowsIn(path), 501)
  clock.pass(1)
  await store.add('kept', 1, 3600)
  store.flush()
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

test('what is written reaches other processes a moment later, and nothing that they have counted is lost', async () => {
  const { now } = new Clock()
  const path = newPath()
  const [one, other] = [open(path, now), open(path, now)]
  await one.set('key', 'seen', 60)
  await one.add('counter', 2, 60)
  await other.add('counter', 3, 60)
  for (let waited = 0; waited < 100 && (await other.get('key')) === undefined; waited += 1) await wait(50)
  assert.equal(await other.get('key'), 'seen')
  other.flush()
  assert.deepEqual([await one.get('counter'), await other.get('counter')], [5, 5])
  assert.equal(await one.add('counter', 1, 60), 6)
})

test('what one process has counted in a window that is over is not counted in the next', async () => {
  const clock = new Clock()
  const path = newPath()
  const [one, other] = [open(path, clock.now), open(path, clock.now)]
  await one.add('counter', 5, 10)
  clock.pass(10)
  await other.add('counter', 1, 10)
  other.flush()
  one.flush()
  assert.equal(await one.get('counter'), 1)
})

/** Another process that has begun to write, and does not come to an end. */
async function holdStore(path: string) {
  const holder = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./hold-store.ts')), path])
  await once(holder.stdout, 'data')
  const end = async () => {
    holder.kill()
    await once(holder, 'close')
  }
  return { end }
}

/** A store whose owner is told of trouble. */
function owned(path: string) {
  const news: StoreNews[] = []
  const store = openSqliteStore(
    path,
    () => new Date(),
    item => news.push(item),
  )
  opened.push(store)
  return { store, news, states: () => news.map(({ state }) => state) }
}

test('while another process writes, nobody waits: what is learned stays in memory until the file is free', async () => {
  const path = newPath()
  const { store, news, states } = owned(path)
  await store.set('before', 1, 60)
  store.flush()
  const holder = await holdStore(path)
  for (let count = 1; count <= 1000; count += 1) assert.equal(await store.add('counter', 1, 60), count)
  store.flush()
  assert.deepEqual([await store.get('before'), await store.get('counter'), states()], [1, 1000, ['waiting']])
  assert.deepEqual(news[0], { state: 'waiting', why: `${path}: database is locked` })
  await holder.end()
  store.flush()
  assert.deepEqual(states(), ['waiting', 'working'])
  assert.equal(await open(path, () => new Date()).get('counter'), 1000)
})

test('a store is opened while another process writes', async () => {
  const path = newPath()
  open(path, () => new Date())
  const holder = await holdStore(path)
  const { store, states } = owned(path)
  assert.equal(await store.add('counter', 1, 60), 1)
  store.flush()
  assert.deepEqual(states(), ['waiting'])
  await holder.end()
})

test('a broken file is set aside for its owner, and a new one begins', async () => {
  const path = newPath()
  const garbage = 'this is not a database, but it is long enough to be looked at as one'.repeat(20)
  writeFileSync(path, garbage)
  const { store, news } = owned(path)
  const [aside = ''] = readdirSync(folder).filter(name => name.startsWith(`${basename(path)}.broken-`))
  assert.equal(readFileSync(join(folder, aside), 'utf8'), garbage)
  assert.deepEqual(news, [{ state: 'renewed', why: `${path}: file is not a database; it is ${join(folder, aside)} now` }])
  assert.equal(await store.add('counter', 1, 60), 1)
})

test('a file that breaks while it is in use is set aside, and nobody notices', async () => {
  const path = newPath()
  const { store, states } = owned(path)
  const other = owned(path)
  for (let index = 0; index < 3000; index += 1) await store.set(`key ${index}`, 'x'.repeat(100), 60)
  store.flush()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  // All pages but the first.
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xff, 4096))
  let found = 0
  for (let index = 0; index < 3000; index += 1) if ((await store.get(`key ${index}`)) !== undefined) found += 1
  assert.ok(found < 3000)
  assert.deepEqual(states(), ['renewed'])
  assert.equal(await store.add('counter', 1, 60), 1)
  store.flush()
  // The other process is not told: it finds a new file.
  await other.store.add('counter', 1, 60)
  other.store.flush()
  assert.equal(await other.store.get('counter'), 2)
})

test('a file that was removed is made again', async () => {
  const path = newPath()
  const { store, states } = owned(path)
  await store.add('counter', 1, 60)
  store.flush()
  for (const part of ['', '-wal', '-shm']) rmSync(path + part)
  await store.add('counter', 1, 60)
  store.flush()
  assert.equal(await open(path, () => new Date()).get('counter'), 1)
  assert.deepEqual(states(), [])
})
