import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening, type TestEdge } from './edge.ts'

const off = { ...defaultLimits.stress, atPercent: 0, atDelayMs: 0 }

describe('under stress', () => {
  it('clients get less time from some share of the connections on, and as much as before when it is calm again', async () => {
    const stress = { ...off, atPercent: 30, calmMs: 50, commandMs: 300 }
    await using edge = await openEdge({ limits: { connections: 10, stress } })
    const early = [await Client.greeted(edge.port), await Client.greeted(edge.port)]
    assert.equal(edge.server.counts.stress, 0)
    const late = await Client.greeted(edge.port)
    assert.equal(edge.server.counts.stress, 1)
    for (const client of [...early, late]) {
      await client.expect('421 4.4.2 Waited too long for a command')
      client.destroy()
    }
    while (edge.server.counts.stress) await new Promise(setImmediate)
    assert.equal(edge.server.counts.stressed, 1)
    assert.deepEqual(
      edge.log.filter(({ message }) => message.includes('stress')).map(({ level }) => level),
      ['warn', 'info'],
    )
  })

  it('nobody waits for the greeting', async () => {
    await using edge = await openEdge({ limits: { connections: 10, greetDelayMs: 60_000, stress: { ...off, atPercent: 10 } } })
    const client = await Client.greeted(edge.port)
    client.destroy()
  })

  it('begins when everything is late', async () => {
    await using edge = await openEdge({ limits: { stress: { ...off, atDelayMs: 20, calmMs: 200 } } })
    while (!edge.server.counts.stress) {
      const until = performance.now() + 60
      while (performance.now() < until);
      await new Promise(setImmediate)
    }
    while (edge.server.counts.stress) await new Promise(setImmediate)
  })

  it('is not in the way of those who send mail', async () => {
    await using edge = await openEdge({ limits: { connections: 10, stress: { ...off, atPercent: 10 } } })
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening, `${letter}.`)
    assert.equal(edge.server.counts.stress, 1)
    assert.equal(edge.nextHop.got.length, 1)
    client.destroy()
  })
})

describe('a full house', () => {
  const limits = { connections: 3, stress: off }

  it('lets go who does nothing, and lets in who comes from a quiet address', async () => {
    await using edge = await openEdge({ limits })
    const sending = await Client.greeted(edge.port)
    await sending.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    const idle = await Client.greeted(edge.port)
    const busy = await Client.greeted(edge.port)
    const quiet = await retry(
      edge,
      () => Client.connect(edge.port, { localAddress: '127.0.0.2' }),
      () => busy.accepted('NOOP'),
    )
    await idle.expect('421 4.4.2 Idle for too long')
    await idle.closed()
    assert.equal(edge.server.seen[0]?.cut.at('idle').value, 1)
    assert.ok(edge.traces.some(({ ending, limit }) => ending === 'timed out' && limit === 'idle'))
    await sending.accepted('RCPT TO:<b@our.example>')
    for (const client of [sending, busy, quiet]) client.destroy()
  })

  it('lets nobody go for one whose address has more connections already', async () => {
    await using edge = await openEdge({ limits })
    const quiet = await Client.connect(edge.port, { localAddress: '127.0.0.2' })
    await quiet.expect(220)
    await quiet.accepted('EHLO client.example')
    const many = [await Client.greeted(edge.port), await Client.greeted(edge.port)]
    for (const client of many) await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    await idleFor(1100)
    const more = await Client.connect(edge.port)
    await more.expect('421 4.7.0 Too many connections, ')
    await quiet.accepted('NOOP')
    for (const client of [quiet, more, ...many]) client.destroy()
  })
})

/** Connects again and again until there is place, while the others go on. */
async function retry(edge: TestEdge, connect: () => Promise<Client>, meanwhile: () => Promise<void>): Promise<Client> {
  for (;;) {
    const client = await connect()
    const reply = await client.reply()
    if (reply.startsWith('220')) return client
    client.destroy()
    while (edge.server.counts.leaving) await new Promise(setImmediate)
    await idleFor(100)
    await meanwhile()
  }
}

function idleFor(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
