import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { JournalReader } from '../../src/journal/journal-reader.ts'
import { send } from '../functional/gateway.ts'
import { gone, run } from '../peers/support/workers.ts'

interface Taken {
  readonly id: string
  readonly atMs: number
}

it('after kill -9 in the middle of traffic the journal opens, lacks at most the last second, and no mail is missing', async t => {
  const running = await run(t)
  const taken: Taken[] = []
  let isOver = false
  const bring = async () => {
    while (!isOver) {
      const client = await SmtpClient.open({ port: running.port, ip: '192.0.2.20' }).catch(() => undefined)
      if (!client || (await client.answer().catch(() => ({ code: 0 }))).code !== 220) continue
      const heard = await send(client).catch(() => undefined)
      const id = /\[(\w+\.\d+)\]$/.exec(heard?.data?.text ?? '')?.[1]
      if (heard?.data?.code === 250 && id) taken.push({ id, atMs: Date.now() })
      client.leave()
    }
  }
  const clients = Array.from({ length: 4 }, bring)
  await wait(4000)
  const pids = [Number(running.child.pid), running.pid(1), running.pid(2)]
  const killedAt = Date.now()
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  isOver = true
  await Promise.all(clients)
  await gone(...pids)

  const file = join(running.folder, 'data/journal.sqlite')
  const database = new DatabaseSync(file)
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  database.close()
  const journal = new JournalReader(file)
  t.after(() => journal.close())
  const written = new Set([...journal.raw()].map(({ id }) => id))
  const missing = taken.filter(({ id }) => !written.has(id))
  t.diagnostic(`${taken.length} messages taken, ${missing.length} of them not in the journal`)
  assert.ok(taken.length > 100, `${taken.length} messages`)
  assert.deepEqual(
    missing.filter(({ atMs }) => atMs < killedAt - 1000).map(({ id, atMs }) => `${id}, ${killedAt - atMs} ms before`),
    [],
  )
  assert.ok((await running.delivered()) >= taken.length)
  const [first] = taken
  assert.ok(first && journal.find(first.id))
})
