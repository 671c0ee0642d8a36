import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { Fleet } from '../../src/cli/workers/fleet.ts'
import { ListeningSockets } from '../../src/cli/workers/listening-sockets.ts'
import type { Timings } from '../../src/cli/workers/timings.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import type { Report } from '../../src/metrics/report.ts'
import type { SharedLog } from '../../src/report/log.ts'
import { gone } from '../peers/support/workers.ts'

const text = `hostname: mx.our.example
listen: [{ address: "127.0.0.1:0" }]
relay: { our.example: { to: "maildir:mail" } }
rules: []
`

/** A fleet of one, and a way to wait for what it says. */
async function start(t: TestContext, timings: Partial<Timings>) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-fleet-'))
  const source = { file: 'postern.yaml', folder, text }
  const configuration = await loadConfiguration(source)
  assert.ok('value' in configuration)
  const news = new EventEmitter()
  const note = (fields: object, text: string) => void news.emit(text, fields)
  const log: SharedLog = { info: note, warn: note, error: note, transaction: () => {}, relay: () => {}, close: async () => {} }
  const said = async (text: string) => (await once(news, text, { signal: AbortSignal.timeout(30_000) }))[0]
  const sockets = new ListeningSockets()
  await sockets.open(configuration.value)
  const fleet = new Fleet({ log, isPretty: false, ticketKeys: () => randomBytes(48), timings })
  t.after(async () => {
    await fleet.kill()
    sockets.close()
    await rm(folder, { recursive: true })
  })
  const ready = said('a worker is ready')
  assert.equal(await fleet.start({ source, sockets: sockets.of(configuration.value).map(({ socket }) => socket) }, 1), undefined)
  return { fleet, said, pid: Number((await ready).pid) }
}

it('a worker that gives no sign of life is killed, which is said, and replaced', async t => {
  const { said, pid } = await start(t, { silentMs: 2000 })
  const [killed, gap, ready] = [
    said('a worker is killed'),
    said('a worker is gone, another takes its place'),
    said('a worker is ready'),
  ]
  process.kill(pid, 'SIGSTOP')
  assert.match((await killed).why, /no sign of life for 2000 ms/)
  assert.equal((await gap).againInMs, 100)
  assert.notEqual((await ready).pid, pid)
  await gone(pid)
})

it('one that dies again and again is said to, and is still started, but slowly', async t => {
  const { said, pid } = await start(t, { restartMs: 1, slowMs: 1500, againMs: 120_000 })
  let current = pid
  const again = said('this worker dies again and again')
  const pauses: number[] = []
  for (let death = 1; death <= 5; death++) {
    const [gap, ready] = [said('a worker is gone, another takes its place'), said('a worker is ready')]
    process.kill(current, 'SIGKILL')
    pauses.push((await gap).againInMs)
    current = Number((await ready).pid)
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 1500])
  assert.equal((await again).deaths, 5)
})

it('every worker answers a question, and what cannot be answered is an error', async t => {
  const { fleet, pid } = await start(t, {})
  const [answer] = await fleet.ask<Report>('metrics', undefined, 5000)
  assert.ok(answer && 'value' in answer)
  assert.deepEqual([answer.worker, answer.pid, answer.value.unready], [1, pid, []])
  const [nothing] = await fleet.ask('no such topic', undefined, 5000)
  assert.ok(nothing && 'error' in nothing)
})
