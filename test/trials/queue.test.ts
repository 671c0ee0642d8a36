import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../fixtures/free-port.ts'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import type { Transport } from '../../src/engine/transport.ts'
import { parseDestination } from '../../src/relay/destination.ts'
import { openTransport } from '../../src/relay/open-transport.ts'
import { send } from '../functional/gateway.ts'
import { isThere, run } from '../peers/support/workers.ts'
import { letter, mail, stage } from '../queue/stage.ts'

/** Servers that take everything, and some that accept connections and then say nothing. */
async function destinations(t: TestContext, count: number, dead: number) {
  const transports: Transport[] = []
  const hops: NextHop[] = []
  for (let number = 0; number < count; number++) {
    const hop = await startNextHop(number < dead ? { script: { connect: 'hang' } } : {})
    const destination = parseDestination(`smtp://127.0.0.1:${hop.port}`)
    if (typeof destination === 'string') throw new Error(destination)
    const transport = openTransport(destination, { hostname: 'mx.our.example', timeouts: { greetingMs: 60_000 } })
    t.after(async () => {
      transport.close()
      await hop.close()
    })
    transports.push(transport)
    hops.push(hop)
  }
  return { transports, hops }
}

/** How long it takes until all messages for the living have arrived, in ms. */
async function deliver(t: TestContext, { messages, count, dead }: { messages: number; count: number; dead: number }) {
  const { transports, hops } = await destinations(t, count, dead)
  const numberOf = (domain: string) => Number(/\d+/.exec(domain)?.[0])
  const queue = await stage(t, domain => {
    const transport = transports[numberOf(domain)]
    return transport ? { transport, provider: domain } : { code: 550, status: '5.1.2', text: 'No such domain' }
  })
  const all = Array.from({ length: messages }, (_, n) => mail(`bob@d${n % count}.example`))
  await Promise.all(all.map(each => queue.store.add(each, letter)))
  const living = messages - (messages / count) * dead
  const started = performance.now()
  queue.worker.wake()
  while (hops.reduce((sum, hop) => sum + hop.messages.length, 0) < living) await wait(20)
  const ms = performance.now() - started
  for (const hop of hops.slice(0, dead)) hop.dropAll()
  await queue.worker.idle()
  return { ms, living }
}

describe('the queue under load', () => {
  it('10,000 messages for 100 destinations, five of them dead: the living get theirs as if they were alone', {
    timeout: 600_000,
  }, async t => {
    const alone = await deliver(t, { messages: 9500, count: 95, dead: 0 })
    const among = await deliver(t, { messages: 10_000, count: 100, dead: 5 })
    const rate = ({ ms, living }: { ms: number; living: number }) => Math.round((living / ms) * 1000)
    t.diagnostic(`${rate(alone)} messages a second without dead destinations, ${rate(among)} with them`)
    assert.equal(among.living, alone.living)
    assert.ok(among.ms < alone.ms * 1.5, `${among.ms} ms instead of ${alone.ms}`)
  })

  it('kill -9 at 50 random moments, with 2 workers: whatever got 250 arrives', { timeout: 900_000 }, async t => {
    const port = await freePort()
    const arrived: string[] = []
    const onMessage = ({ content }: { content: Buffer }) => void arrived.push(/^Subject: (\S+)/m.exec(String(content))?.[1] ?? '')
    let hop: NextHop | undefined = await startNextHop({ port, onMessage })
    t.after(() => hop?.close())
    const gateway = await run(t, {
      relay: `{ our.example: { to: "smtp://127.0.0.1:${port}", whenDown: queue } }`,
      queue: '{ ownRetryMinutes: [0.05] }',
    })
    const first = await gateway.client()
    await first.answer()
    assert.equal((await send(first)).data?.code, 250) // now bob is known
    const taken: string[] = []
    let isOver = false
    let number = 0
    const bring = async () => {
      while (!isOver) {
        const subject = `message-${++number}`
        const content = Buffer.from(
          `From: ann@sender.example\r\nSubject: ${subject}\r\n\r\n${'x'.repeat(number % 20 === 0 ? 100_000 : 100)}\r\n`,
        )
        const client = await SmtpClient.open({ port: gateway.port, ip: '192.0.2.10' }).catch(() => undefined)
        if (!client) continue
        await client.answer().catch(() => {})
        const heard = await send(client, { content }).catch(() => undefined)
        if (heard?.data?.code === 250) taken.push(subject)
        client.leave()
      }
    }
    const clients = Array.from({ length: 8 }, bring)
    let kills = 0
    while (kills < 50) {
      await wait(300 + Math.random() * 2700)
      // The primary lets one that dies again and again rest for a while: only what lives is killed.
      const living = [1, 2].map(worker => gateway.pid(worker)).filter(isThere)
      const pid = living[Math.floor(Math.random() * living.length)]
      if (pid === undefined) continue
      process.kill(pid, 'SIGKILL')
      kills++
      if (kills % 5 !== 0) continue
      if (hop) await hop.close()
      hop = hop ? undefined : await startNextHop({ port, onMessage })
    }
    isOver = true
    await Promise.all(clients)
    hop ??= await startNextHop({ port, onMessage })
    const missing = () => taken.filter(subject => !arrived.includes(subject))
    for (const end = Date.now() + 300_000; missing().length > 0 && Date.now() < end; ) await wait(500)
    const queued = () => gateway.log.filter(({ msg }) => msg === 'delivery').length
    const duplicates = arrived.length - new Set(arrived).size
    t.diagnostic(
      `${kills} kills; ${queued()} times the queue delivered; ${taken.length} accepted, ${arrived.length} arrived, ${duplicates} of them twice`,
    )
    assert.deepEqual(missing(), [])
    assert.ok(taken.length > 100, `only ${taken.length} were accepted`)
  })
})
