import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it, type TestContext } from 'node:test'
import type { Trace } from '../../src/engine/trace.ts'
import { JournalFile } from '../../src/journal/journal-file.ts'
import type { JournalFilter } from '../../src/journal/journal-filter.ts'
import { JournalReader } from '../../src/journal/journal-reader.ts'
import { type JournalTrouble, JournalWriter } from '../../src/journal/journal-writer.ts'
import { rowOf } from '../../src/journal/record.ts'
import { parseNetwork } from '../../src/mail/network.ts'
import { entry, recipient, trace } from '../report/trace.ts'

const retention = { days: 3650, bytes: 2 ** 30 }

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'postern-journal-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

/** A writer, what it complains about, and a reader for when it is closed. */
async function journal(t: TestContext, settings: { readonly path?: string; readonly keyFile?: string } = {}) {
  const path = settings.path ?? join(await folder(t), 'journal.sqlite')
  const troubles: JournalTrouble[] = []
  const writer = new JournalWriter({ retention, ...settings, path }, trouble => troubles.push(trouble))
  const read = async () => {
    await writer.close()
    const reader = new JournalReader(path)
    t.after(() => reader.close())
    return reader
  }
  return { path, writer, troubles, read }
}

const at = (second: number, changes: Partial<Trace> = {}) =>
  trace({ id: `1N3Z8QK4F00A.${second}`, started: new Date(Date.UTC(2026, 10, 24) + second * 1000).toISOString(), ...changes })

it('what was noted is found again, whole, in the order in which it began, and by its id in any case', async t => {
  const { writer, read, troubles } = await journal(t)
  const answer = { status: 'found', records: ['127.0.0.2'], ttlSeconds: 300, secure: false } as const
  const full = at(2, {
    facts: [{ fact: 'dnsbl(bl.test)', value: { status: 'listed' }, ms: 3 }],
    lookups: [{ fact: 'dnsbl(bl.test)', type: 'A', name: '1.2.0.192.bl.test', answer }],
    message: { size: 10, subject: 'Hello' },
  })
  // A long transaction is written behind those that it began before.
  for (const each of [at(3), full, at(1)]) writer.note(each, 'abc')
  const reader = await read()
  assert.deepEqual(
    [...reader.entries()].map(({ trace }) => trace.id),
    ['1N3Z8QK4F00A.1', '1N3Z8QK4F00A.2', '1N3Z8QK4F00A.3'],
  )
  assert.deepEqual(reader.find('1n3z8qk4f00a.2'), { trace: full, configuration: 'abc' })
  assert.equal(reader.find('1N3Z8QK4F00A.9'), undefined)
  assert.deepEqual([writer.counts, troubles], [{ written: 3, lost: 0, errors: 0 }, []])
})

it('more than one page of it is read in order, and can be shared out among readers', async t => {
  const { writer, read } = await journal(t)
  const ids = Array.from({ length: 1000 }, (_, second) => `1N3Z8QK4F00A.${second}`)
  // Several in one moment.
  for (let second = 0; second < 1000; second++) writer.note(at(second, { started: at(Math.floor(second / 7)).started }), 'abc')
  const reader = await read()
  assert.deepEqual(
    [...reader.raw()].map(({ id }) => id),
    ids,
  )
  const parts = reader.split(3).map(range => [...reader.raw({ range })].map(({ id }) => id))
  assert.deepEqual([parts.length, parts.flat()], [3, ids])
  assert.deepEqual(
    reader.latest({}, 2).map(({ trace }) => trace.id),
    ids.slice(-2),
  )
  assert.deepEqual(reader.split(4, { id: 'NOBODY' }), [])
})

it('it is asked by time, address, outcome, rule, client and id', async t => {
  const { writer, read } = await journal(t)
  writer.note(
    at(1, { sender: 'Ann@Sender.example', entries: [entry('dnsbl', { action: 'score', points: 2, reason: 'listed' })] }),
    'a',
  )
  writer.note(
    at(2, {
      recipients: [recipient('Bobby@our.example', { outcome: 'rejected' }), recipient('eve@other.example')],
      sender: 'x@y.example',
    }),
    'a',
  )
  writer.note(
    at(3, {
      sender: null,
      recipients: [recipient('bob@sub.our.example', { tagged: true })],
      entries: [entry('dnsbl', { action: 'pass' })],
    }),
    'a',
  )
  const { sender: _, ...silent } = at(4, { recipients: [] })
  writer.note({ ...silent, session: { ...silent.session, client: { ip: '2001:db8::1', port: 1 } } }, 'a')
  const reader = await read()
  const found = (filter: JournalFilter) => [...reader.entries(filter)].map(({ trace }) => Number(trace.id.split('.')[1])).join()
  const cases: readonly (readonly [JournalFilter, string])[] = [
    [{}, '1,2,3,4'],
    [{ since: new Date(at(2).started) }, '2,3,4'],
    [{ since: new Date(at(2).started), until: new Date(at(4).started) }, '2,3'],
    [{ to: 'bob@' }, '1,3'],
    [{ to: '<BOBBY@our.example>' }, '2'],
    [{ to: '@our.example' }, '1,2'],
    [{ to: 'our.ex' }, '1,2,3'],
    [{ from: 'ann@sender.example' }, '1'],
    [{ from: '<>' }, '3'],
    [{ verdict: 'rejected' }, '2'],
    [{ verdict: 'delivered' }, '1,2,3'],
    [{ verdict: 'tagged' }, '3'],
    [{ verdict: 'none' }, '4'],
    [{ rule: 'dnsbl' }, '1'],
    [{ rule: 'dns' }, ''],
    [{ client: parseNetwork('192.0.2.0/24') as never }, '1,2,3'],
    [{ client: parseNetwork('2001:db8::/32') as never }, '4'],
    [{ id: '1n3z8qk4f00a.2' }, '2'],
    [{ to: 'bob@', rule: 'dnsbl' }, '1'],
  ]
  for (const [filter, expected] of cases) assert.equal(found(filter), expected, JSON.stringify(filter))
})

it('two that write at once to one file lose nothing', async t => {
  const one = await journal(t)
  const other = await journal(t, { path: one.path })
  for (let second = 0; second < 2000; second++) (second % 2 ? one : other).writer.note(at(second), 'a')
  await other.writer.close()
  assert.equal((await one.read()).count(), 2000)
  assert.deepEqual([one.troubles, other.troubles], [[], []])
})

for (const [what, content] of [
  ['that is no journal', 'This is no database, but it was here before.'.repeat(100)],
  ['of another version', undefined],
] as const) {
  it(`a file ${what} is set aside, said once, and a new one begins`, async t => {
    const path = join(await folder(t), 'journal.sqlite')
    if (content !== undefined) await writeFile(path, content)
    else {
      const other = new DatabaseSync(path)
      other.exec('PRAGMA user_version = 999; CREATE TABLE transactions (x)')
      other.close()
    }
    const { writer, read, troubles } = await journal(t, { path })
    writer.note(at(1), 'a')
    assert.equal((await read()).count(), 1)
    assert.deepEqual(
      troubles.map(({ state }) => state),
      ['renewed'],
    )
    assert.match(JSON.stringify(troubles), /journal\.sqlite: .*; it is .*journal\.sqlite\.broken-\d+ now/)
    assert.ok((await readdir(join(path, '..'))).some(name => name.includes('.broken-')))
  })
}

it('while it cannot be written this is said once, what came is kept, and later it is written', async t => {
  const path = join(await folder(t), 'journal.sqlite')
  new JournalFile(path, 0).close()
  const holder = new DatabaseSync(path)
  holder.exec('BEGIN IMMEDIATE')
  const { writer, troubles, read } = await journal(t, { path })
  for (let second = 0; second < 10; second++) writer.note(at(second), 'a')
  await until(() => troubles.length === 1)
  assert.match(JSON.stringify(troubles), /"state":"waiting","why":".*journal\.sqlite: database is locked"/)
  holder.exec('ROLLBACK')
  holder.close()
  await until(() => writer.counts.written === 10)
  assert.deepEqual(
    troubles.map(({ state }) => state),
    ['waiting', 'working'],
  )
  assert.equal((await read()).count(), 10)
})

it('in a folder that is not there nothing can be written, and nothing else happens', async t => {
  const { writer, troubles } = await journal(t, { path: join(await folder(t), 'nowhere/journal.sqlite') })
  writer.note(at(1), 'a')
  await writer.close()
  assert.deepEqual(
    troubles.map(({ state }) => state),
    ['waiting'],
  )
  writer.note(at(2), 'a')
  assert.equal(writer.counts.lost, 1)
})

it('what is no data is lost, and said; what is too long is kept without the answers of the DNS', async t => {
  const { writer, troubles, read } = await journal(t)
  writer.note(at(1, { facts: [{ fact: 'strange', value: 1n, ms: 0 }] }), 'a')
  const answer = { status: 'found', records: ['x'.repeat(2000)], ttlSeconds: 1, secure: false } as const
  writer.note(at(2, { lookups: [{ fact: 'f', type: 'TXT', name: 'n', answer }] }), 'a')
  writer.note(
    at(3, { lookups: [{ fact: 'f', type: 'A', name: '1.2.0.192.abcdefghij0123456789abcd.zen.dq.spamhaus.net', answer }] }),
    'a',
  )
  const reader = await read()
  assert.deepEqual([writer.counts.lost, writer.counts.written, troubles.length], [1, 2, 1])
  const [record] = reader.find('1N3Z8QK4F00A.2')?.trace.lookups?.[0]?.answer?.records ?? []
  assert.equal(String(record).length, 1000)
  assert.equal(reader.find('1N3Z8QK4F00A.3')?.trace.lookups?.[0]?.name, '1.2.0.192.<key>.zen.dq.spamhaus.net')
})

it('only we may read the file', async t => {
  const { path, writer } = await journal(t)
  writer.note(at(1), 'a')
  await writer.close()
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.ok(!existsSync(`${path}-wal`), 'the log is taken up at the end')
})

it('what is older than the days goes, and what is more than the bytes, the oldest first, in small steps', async t => {
  const path = join(await folder(t), 'journal.sqlite')
  const file = new JournalFile(path, 0)
  const row = (second: number) => rowOf(at(second, { message: { size: 1, subject: randomBytes(2000).toString('hex') } }), 'a')
  file.write(Array.from({ length: 1000 }, (_, second) => row(second)))
  const nowMs = Date.parse(at(300).started) + 24 * 60 * 60 * 1000
  const days = { days: 1, bytes: 2 ** 30 }
  assert.deepEqual([file.expire(200, days, nowMs), file.expire(200, days, nowMs), file.expire(200, days, nowMs)], [200, 100, 0])
  const bytes = { days: 10, bytes: 2 ** 20 }
  for (let step = 0; step < 100 && file.expire(50, bytes, nowMs) > 0; step++);
  assert.ok(file.size <= 2 ** 20, `${file.size}`)
  file.close()
  assert.ok((await stat(path)).size <= 1.1 * 2 ** 20, `${(await stat(path)).size}`)
  const reader = new JournalReader(path)
  t.after(() => reader.close())
  const left = [...reader.raw()].map(({ id }) => Number(id.split('.')[1]))
  assert.deepEqual([left.at(-1), left.length > 100], [999, true])
})

/** Waits for what others do, up to the test's own end. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setTimeout(resolve, 10))
}
