import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { MemoryMessage } from '../../src/mail/message.ts'
import { openSqliteQueue } from '../../src/queue/sqlite/sqlite-queue.ts'
import { LeaseLost, type QueueStore } from '../../src/queue/store.ts'
import { folderFor, letter, mail, minute } from './stage.ts'

const lease = { leaseMs: minute, most: 10, mostPerDomain: 10 }

/** Two processes' views of one queue, under one clock. */
async function two(t: Parameters<typeof folderFor>[0]) {
  const folder = folderFor(t)
  const clock = { nowMs: 1_000_000 }
  const open = async () => {
    const store = await openSqliteQueue(folder, () => clock.nowMs)
    t.after(() => store.close())
    return store
  }
  return { folder, clock, a: await open(), b: await open() }
}

const claim = (store: QueueStore, owner: string) => store.claim({ owner, ...lease })

describe('the queue on disk', () => {
  it('lends each recipient to one process only, until the lease is over', async t => {
    const { a, b, clock } = await two(t)
    await a.add(mail('bob@a.example', 'eve@b.example'), letter)
    const [mine, theirs] = await Promise.all([claim(a, 'a'), claim(b, 'b')])
    assert.equal(mine.length + theirs.length, 2)
    clock.nowMs += minute - 1
    assert.deepEqual([...(await claim(a, 'a')), ...(await claim(b, 'b'))], [])
    clock.nowMs += 1
    assert.equal((await claim(b, 'b')).length, 2)
  })

  it('a lease that is renewed lasts longer', async t => {
    const { a, b, clock } = await two(t)
    await a.add(mail('bob@a.example'), letter)
    await claim(a, 'a')
    clock.nowMs += minute / 2
    await a.renew({ owner: 'a', leaseMs: minute })
    clock.nowMs += minute / 2 + 1
    assert.deepEqual(await claim(b, 'b'), [])
  })

  it('a process whose lease is over gives nothing up and reports nothing, but what it delivered is delivered', async t => {
    const { a, b, clock } = await two(t)
    const { id, ...rest } = mail('bob@a.example', 'eve@a.example')
    await a.add({ id, ...rest }, letter)
    await claim(a, 'a')
    clock.nowMs += minute
    await claim(b, 'b')
    const report = { mail: mail('ann@our.example'), message: letter }
    await assert.rejects(a.settle({ owner: 'a', id, results: [{ number: 0, state: 'given up' }], report }), LeaseLost)
    assert.equal((await a.counts()).messages, 1, 'and there is no report')
    await a.settle({ owner: 'a', id, results: [{ number: 1, state: 'delivered' }] })
    await b.settle({ owner: 'b', id, results: [{ number: 0, state: 'given up' }] })
    assert.equal((await b.counts()).messages, 0)
  })

  it('keeps large messages in files, which go with the last recipient', async t => {
    const { a, b, folder } = await two(t)
    const large = new MemoryMessage(Buffer.from('Subject: large\r\n\r\n'), Buffer.alloc(600_000, 'x'), Buffer.from('\r\n'))
    const { id, ...rest } = mail('bob@a.example')
    await a.add({ id, ...rest }, large)
    assert.deepEqual(readdirSync(join(folder, 'content')), [id])
    const [job] = await claim(b, 'b')
    assert.equal(job?.message.header('subject'), 'large')
    const read = Buffer.concat(await Array.fromAsync(job?.message.chunks() ?? []))
    assert.ok(read.equals(Buffer.concat(await Array.fromAsync(large.chunks()))))
    await b.settle({ owner: 'b', id, results: [{ number: 0, state: 'delivered' }] })
    assert.deepEqual(readdirSync(join(folder, 'content')), [])
  })

  it('many that come at once are all there, and one that cannot be taken is refused alone', async t => {
    const { a } = await two(t)
    const twice = mail('bob@a.example')
    const all = [twice, ...Array.from({ length: 100 }, () => mail('bob@a.example')), twice]
    const outcomes = await Promise.allSettled(all.map(each => a.add(each, letter)))
    assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1)
    assert.equal((await a.counts()).messages, 101)
  })

  it('takes turns among domains', async t => {
    const { a } = await two(t)
    for (let n = 0; n < 20; n++) await a.add(mail('bob@a.example'), letter)
    for (const domain of ['b', 'c', 'd']) await a.add(mail(`bob@${domain}.example`), letter)
    const jobs = await a.claim({ owner: 'a', leaseMs: minute, most: 5, mostPerDomain: 2 })
    assert.deepEqual(
      jobs.map(({ domain }) => domain),
      ['a.example', 'a.example', 'b.example', 'c.example', 'd.example'],
    )
  })

  it('holds, retries and deletes what a person names, but not what is being delivered', async t => {
    const { a, b } = await two(t)
    const [first, second] = [mail('bob@a.example'), mail('eve@b.example')]
    await a.add(first, letter)
    assert.equal((await claim(a, 'a')).length, 1)
    await a.add(second, letter)
    assert.deepEqual(await b.change({ what: 'hold', filter: {} }), { changed: 1, busy: 1 })
    assert.deepEqual(
      (await b.list({})).map(({ state }) => state),
      ['delivering', 'held'],
    )
    assert.deepEqual(await claim(b, 'b'), [])
    assert.deepEqual(await b.change({ what: 'delete', filter: { ids: [first.id] } }), { changed: 0, busy: 1 })
    assert.deepEqual(await b.change({ what: 'retry', filter: { recipient: 'b.example' } }), { changed: 1, busy: 0 })
    assert.equal((await claim(b, 'b')).length, 1)
    await b.settle({ owner: 'b', id: second.id, results: [{ number: 0, state: 'later', delayMs: minute }] })
    assert.deepEqual(await b.change({ what: 'delete', filter: { sender: 'our.example', state: 'waiting' } }), {
      changed: 1,
      busy: 0,
    })
    assert.equal((await b.counts()).messages, 1)
  })

  it('says what is wrong with a file that is none of ours, and one of a later Postern', async t => {
    const folder = folderFor(t)
    const store = await openSqliteQueue(folder)
    await store.close()
    const database = new DatabaseSync(join(folder, 'queue.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    await assert.rejects(openSqliteQueue(folder), /later Postern/)
    writeFileSync(join(folder, 'queue.sqlite'), 'what is this?'.repeat(1000))
    await assert.rejects(openSqliteQueue(folder), /not a database/)
  })
})
