import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { definePolicy, pass } from '../../src/index.ts'
import { testPatience } from '../../src/smtp/early-talk.ts'
import { memoryStore } from '../../src/testing.ts'
import { testRule } from '../engine/stage.ts'
import { Client } from './dialogue.ts'
import { openEdge } from './edge.ts'

const store = () => memoryStore(() => new Date())

describe('early talkers', () => {
  it('SRV-04: a client that talks before the greeting is noted, and its words are not lost', async () => {
    await using edge = await openEdge({ limits: { greetDelayMs: 4000 } })
    const started = performance.now()
    const client = await Client.connect(edge.port)
    client.write('EHLO client.exam')
    await client.expect(220)
    assert.ok(performance.now() - started < 3000, 'there is nothing more to wait for')
    client.write('ple\r\n')
    await client.expect(250)
    await client.accepted('MAIL FROM:<a@example.com>', 'QUIT')
    const trace = await edge.traced()
    assert.deepEqual(trace.session.violations, ['talked-before-greeting'])
    assert.equal(trace.session.helo, 'client.example')
    assert.equal(edge.server.counts.talkedEarly, 1)
  })

  it('an unknown client waits for the greeting, and is known when it comes again', async () => {
    await using edge = await openEdge({ limits: { greetDelayMs: 200 }, store: store() })
    const first = performance.now()
    const client = await Client.greeted(edge.port)
    assert.ok(performance.now() - first >= 195)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>', 'QUIT')
    assert.deepEqual((await edge.traced()).session.violations, [])
    const second = performance.now()
    const again = await Client.greeted(edge.port)
    assert.ok(performance.now() - second < 195)
    again.destroy()
  })

  it('a client that talked is not known when it comes again', async () => {
    await using edge = await openEdge({ limits: { greetDelayMs: 200 }, store: store() })
    const hasty = await Client.connect(edge.port)
    hasty.write('NOOP\r\n')
    await hasty.expect(220)
    hasty.destroy()
    const started = performance.now()
    const again = await Client.greeted(edge.port)
    assert.ok(performance.now() - started >= 195)
    again.destroy()
  })

  it('a client that was known and talks is a stranger again', async () => {
    const memory = store()
    await memory.set('192.0.2.1', true, 60)
    const limits = { greetDelayMs: 4000, greetMemorySeconds: 60 }
    const [near, far] = await connected()
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    assert.equal(await testPatience(near, '192.0.2.1', { limits, store: memory, log }), 'patient')
    far.write('EHLO client.example\r\n')
    while (!near.readableLength) await new Promise(setImmediate)
    assert.equal(await testPatience(near, '192.0.2.1', { limits, store: memory, log }), 'talked')
    assert.equal(await memory.get('192.0.2.1'), false)
    far.destroy()
    near.destroy()
  })

  it('a client is served though the store is broken', async () => {
    const broken = { ...store(), get: () => Promise.reject(new Error('broken')), set: () => Promise.reject(new Error('broken')) }
    await using edge = await openEdge({ limits: { greetDelayMs: 10 }, store: { ...broken, add: async () => 0 } })
    const client = await Client.greeted(edge.port)
    assert.equal(edge.log.filter(({ level }) => level === 'warn').length, 2)
    client.destroy()
  })

  it('a client that leaves before the greeting leaves nothing behind', async () => {
    await using edge = await openEdge({ limits: { greetDelayMs: 4000 } })
    const client = await Client.connect(edge.port)
    client.destroy()
    while (edge.server.counts.open) await new Promise(setImmediate)
    assert.equal(edge.server.counts.left, 1)
  })

  it('S14: who talks while the rules of connect are at work has talked before the greeting too', async () => {
    const looking = Promise.withResolvers<void>()
    const mayFind = Promise.withResolvers<void>()
    const slow = definePolicy({
      name: 'slow',
      phase: 'connect',
      summary: 'Takes its time.',
      judge: async () => {
        looking.resolve()
        await mayFind.promise
        return pass()
      },
    })
    await using edge = await openEdge({ rules: [testRule(slow, { timeoutMs: 5000 })] })
    const client = await Client.connect(edge.port)
    await looking.promise
    client.write('EHLO client.example\r\n')
    // On loopback they are there when the event loop has gone round.
    for (let round = 0; round < 10; round++) await new Promise(setImmediate)
    mayFind.resolve()
    await client.expect(220)
    await client.expect(250)
    await client.accepted('MAIL FROM:<a@example.com>', 'QUIT')
    assert.deepEqual((await edge.traced()).session.violations, ['talked-before-greeting'])
  })
})

/** The two ends of a connection. */
async function connected(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const far = connect(address.port, '127.0.0.1')
  const [near] = await once(server, 'connection')
  server.close()
  return [near, far]
}
