import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import type { Transaction } from '../../src/engine/transport.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { enqueue, QueueTransport } from '../../src/queue/queue-transport.ts'
import { openSqliteQueue } from '../../src/queue/sqlite/sqlite-queue.ts'
import { address, folderFor, hour, letter, mail, settings } from './stage.ts'

const { id, session, sender } = mail()
const transaction: Transaction = { id, session, sender, parameters: { ret: 'HDRS', envid: 'x' } }
const rest = { settings, isOwn: () => true, wake: () => {} }
const recipients = [{ address: address('bob@a.example'), parameters: {} }]

describe('the queue as a transport', () => {
  it('takes anybody, and says 250 with the id when the message is safe', async t => {
    const store = await openSqliteQueue(folderFor(t))
    t.after(() => store.close())
    let woken = 0
    const queue = new QueueTransport({ ...rest, store, wake: () => void woken++ })
    const delivery = queue.begin(transaction)
    const bob = address('bob@a.example')
    const parameters = { notify: ['SUCCESS'], orcpt: 'rfc822;bob@b.example' } as const
    assert.equal((await delivery.ask(bob, parameters)).code, 250)
    const reply = (await delivery.send([bob], letter)).get(bob)
    assert.deepEqual([reply?.code, reply?.status, reply?.detail, woken], [250, '2.0.0', `queue: ${id}`, 1])
    const [job] = await store.claim({ owner: 'x', leaseMs: hour, most: 1, mostPerDomain: 1 })
    assert.deepEqual(job?.recipients[0]?.parameters, parameters)
    assert.deepEqual(job?.mail, { id, session, sender, parameters: transaction.parameters, isOwn: true })
  })

  it('a queue that is broken is 451', async t => {
    const folder = folderFor(t)
    const store = await openSqliteQueue(folder)
    t.after(() => store.close())
    const vandal = new DatabaseSync(join(folder, 'queue.sqlite'))
    vandal.exec('DROP TABLE recipient')
    vandal.close()
    const reply = await enqueue({ ...rest, store }, transaction, recipients, letter)
    assert.deepEqual([reply.code, reply.status], [451, '4.3.0'])
  })

  const skip = process.getuid?.() === 0 ? false : 'needs root, to mount a small disk'
  it('a full disk is 452, loses nothing, and when there is room again all goes on', { skip }, async t => {
    const folder = folderFor(t)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { encoding: 'utf8' })
    if (mounted.status !== 0) return t.skip(mounted.stderr)
    try {
      await fill(folder)
    } finally {
      spawnSync('umount', ['-l', folder])
    }
  })
})

async function fill(folder: string): Promise<void> {
  const store = await openSqliteQueue(folder)
  const add = (number: number, bytes: number) => {
    const message = new MemoryMessage(Buffer.from('Subject: full\r\n\r\n'), Buffer.alloc(bytes, 'x'))
    return enqueue({ ...rest, store }, { ...transaction, id: `FULL.${number}` }, recipients, message)
  }
  assert.equal((await add(1, 1000)).code, 250)
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(2_500_000))
  const codes = new Set<string>()
  for (let number = 2; number < 200; number++) {
    const { code, status } = await add(number, number % 2 ? 40_000 : 400_000)
    codes.add(`${code} ${status}`)
  }
  assert.deepEqual([...codes].toSorted(), ['250 2.0.0', '452 4.3.1'])
  rmSync(join(folder, 'ballast'))
  assert.equal((await add(200, 1000)).code, 250)
  const listed = (await store.list({})).map(entry => entry.id)
  assert.ok(listed.includes('FULL.1') && listed.includes('FULL.200'))
  for (const each of listed) {
    const message = await store.content(each)
    const bytes = Buffer.concat(await Array.fromAsync(message?.chunks() ?? []))
    assert.equal(bytes.length, message?.size, each)
  }
  await store.close()
}
