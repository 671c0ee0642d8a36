/**
 * How many messages the queue takes in a second, each safely on the disk: `npm run bench:queue [MESSAGES]`. In our way, and in two
 * others: all in the database, and each in a file of its own. `at once` is how many clients wait for their 250 at a time.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { MemoryMessage } from '../src/mail/message.ts'
import type { NewMail } from '../src/queue/record.ts'
import { openSqliteQueue } from '../src/queue/sqlite/sqlite-queue.ts'
import { syncFolder, writeDurably } from '../src/relay/durable-file.ts'

const messages = Number(process.argv[2] ?? 2000)
const parent = mkdtempSync(join(tmpdir(), 'postern-queue-'))

/** One way of keeping messages: it resolves when the message is on the disk. */
interface Way {
  readonly add: (id: string, message: MemoryMessage) => Promise<void>
  readonly end: () => Promise<void>
}

const ways: Readonly<Record<string, (folder: string) => Promise<Way>>> = {
  queue: ours,
  database: allInDatabase,
  files: allInFiles,
}

console.log('KiB   at once   way        messages/s   longest wait of the event loop')
for (const kib of [2, 16, 48, 96, 256, 1024]) {
  for (const atOnce of [1, 50]) {
    for (const [name, open] of Object.entries(ways)) await measure(name, open, kib, atOnce)
  }
}
rmSync(parent, { recursive: true })

async function measure(name: string, open: (folder: string) => Promise<Way>, kib: number, atOnce: number): Promise<void> {
  const folder = mkdtempSync(join(parent, `${name}-`))
  const way = await open(folder)
  const message = new MemoryMessage(Buffer.from('Subject: bench\r\n\r\n'), Buffer.alloc(kib * 1024, 'x'))
  // The same number of bytes for all, as far as that makes sense.
  const count = Math.max(20, Math.round(Math.min(messages, (messages * 16) / kib) / (atOnce === 1 ? 10 : 1)))
  const loop = watchLoop()
  const started = performance.now()
  let next = 0
  const client = async () => {
    while (next < count) await way.add(`M${++next}`, message)
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  const rate = count / ((performance.now() - started) / 1000)
  const longest = await loop()
  await way.end()
  rmSync(folder, { recursive: true })
  const cells = [String(kib).padStart(4), String(atOnce).padStart(9), `  ${name.padEnd(10)}`, rate.toFixed(0).padStart(10)]
  console.log(`${cells.join(' ')}   ${longest.toFixed(0)} ms`)
}

/** Watches how long the event loop is held up, until it is asked. */
function watchLoop(): () => Promise<number> {
  let [isOver, longest] = [false, 0]
  const watching = (async () => {
    for (let last = performance.now(); !isOver; ) {
      await turn()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
    return longest
  })()
  return () => {
    isOver = true
    return watching
  }
}

function mailWith(id: string): NewMail {
  return {
    ...{ id, sender: { local: 'ann', domain: 'our.example' }, parameters: {}, isOwn: true, lifetimeMs: 345_600_000 },
    session: { id, listener: 'submission', client: { ip: '192.0.2.1', port: 1 }, violations: [] },
    recipients: [{ address: { local: 'bob', domain: 'there.example' }, parameters: {} }],
  }
}

async function ours(folder: string): Promise<Way> {
  const store = await openSqliteQueue(folder)
  return { add: (id, message) => store.add(mailWith(id), message), end: () => store.close() }
}

/** The event loop itself writes, and together what has come since the last commit. */
async function allInDatabase(folder: string): Promise<Way> {
  const database = new DatabaseSync(join(folder, 'all.sqlite'))
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE message (id TEXT PRIMARY KEY, bytes BLOB) STRICT',
  )
  const insert = database.prepare('INSERT INTO message VALUES (?, ?)')
  let waiting: { readonly id: string; readonly message: MemoryMessage; readonly resolve: () => void }[] = []
  const commit = () => {
    const all = waiting
    waiting = []
    database.exec('BEGIN IMMEDIATE')
    for (const { id, message } of all) insert.run(id, Buffer.concat([...message.chunks()]))
    database.exec('COMMIT')
    for (const { resolve } of all) resolve()
  }
  const add = (id: string, message: MemoryMessage) =>
    new Promise<void>(resolve => {
      if (waiting.length === 0) setImmediate(commit)
      waiting.push({ id, message, resolve })
    })
  return { add, end: async () => database.close() }
}

/** Body and envelope in a file each, both written through, and their names. */
async function allInFiles(folder: string): Promise<Way> {
  mkdirSync(join(folder, 'queue'))
  const path = (name: string) => join(folder, 'queue', name)
  const add = async (id: string, message: MemoryMessage) => {
    await writeDurably({ path: path(id), content: message.chunks(), mode: 0o600 })
    await writeDurably({ path: path(`${id}.json`), content: [Buffer.from(JSON.stringify(mailWith(id)))], mode: 0o600 })
    await syncFolder(join(folder, 'queue'))
  }
  return { add, end: async () => {} }
}
