import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { attacks } from '../peers/support/attacks.ts'
import { Besieged } from '../peers/support/besieged.ts'
import { Crowd, mostConnections } from '../peers/support/crowd.ts'
import { needs, pathOf } from '../peers/support/needs.ts'
import { run } from '../peers/support/run.ts'
import { Client } from '../smtp/dialogue.ts'
import { letter, opening } from '../smtp/edge.ts'

const MiB = 1024 * 1024

/** Short enough for a test, in the same order as the usual ones. */
const limits = {
  messageBytes: 2 * MiB,
  slackBytes: MiB,
  lineBytes: 64 * 1024,
  refusalDelayMs: 1,
  refusalDelayMaxMs: 2,
  proxyHeaderMs: 700,
  tlsHandshakeMs: 700,
  commandMs: 700,
  dataBlockMs: 700,
  sessionMs: 2000,
  lingerMs: 300,
  connectionsPerAddress: 500,
  connectionsPerNetwork: 1000,
  newPerMinute: 100_000,
  stress: { ...defaultLimits.stress, atPercent: 0, atDelayMs: 0 },
}

/** How long anybody else may wait for the whole of a session with a message, and by how much memory may differ. */
const mostMs = 1500
const mostBytes = 2 * MiB

describe('attacks', () => {
  let edge: Besieged

  before(async () => {
    edge = await Besieged.start({ limits })
  })

  after(() => edge?.[Symbol.asyncDispose]())

  for (const [title, attack] of Object.entries(attacks)) {
    it(`${title}: others are served, and nothing is left`, async t => {
      const start = await edge.state()
      await attack(edge.ports)
      const first = await edge.quiet(start)
      const others = watch(edge.ports.clear)
      await attack(edge.ports)
      await attack(edge.ports)
      const ms = await others()
      const { heapBytes, errors } = await edge.quiet(start)
      t.diagnostic(`others waited ${ms.toFixed(0)} ms, memory ${((heapBytes - first.heapBytes) / 1024).toFixed(0)} KiB`)
      assert.deepEqual(errors, [])
      assert.ok(ms < mostMs, `somebody else waited ${ms.toFixed(0)} ms`)
      assert.ok(heapBytes - first.heapBytes < mostBytes, `${heapBytes - first.heapBytes} bytes are left`)
    })
  }
})

describe('a crowd', () => {
  const most = Math.min(20_000, mostConnections())
  const patient = { ...limits, commandMs: 60_000, sessionMs: 60_000 }

  it('a connection that idles costs little, others are served, and nothing is left', async t => {
    const open = { connections: 30_000, connectionsPerAddress: 1000, connectionsPerNetwork: 30_000 }
    // The young generation would grow with the first thousands of any connections, to 48 MiB, and stay so.
    await using edge = await Besieged.start({ limits: { ...patient, ...open }, node: ['--max-semi-space-size=2'] })
    await (await Crowd.gather({ port: edge.ports.clear, connections: 1000, addresses: 50 }))[Symbol.asyncDispose]()
    const start = await edge.quiet(await edge.state())
    const others = watch(edge.ports.clear)
    const crowd = await Crowd.gather({ port: edge.ports.clear, connections: most, addresses: 500 })
    const ms = await others()
    assert.deepEqual([crowd.greeted, crowd.refused, crowd.failed], [most, 0, 0])
    const { heapBytes, rssBytes } = await edge.state()
    const [heap, rss] = [heapBytes - start.heapBytes, rssBytes - start.rssBytes].map(bytes => Math.round(bytes / most))
    t.diagnostic(`${most} connections: ${heap} bytes of heap and ${rss} of memory each, others waited ${ms.toFixed(0)} ms`)
    await crowd[Symbol.asyncDispose]()
    const end = await edge.quiet(start)
    t.diagnostic(`${((end.heapBytes - start.heapBytes) / 1024).toFixed(0)} KiB are left`)
    assert.ok(Number(heap) < 9 * 1024 && Number(rss) < 12 * 1024, `${heap} and ${rss} bytes each`)
    assert.ok(end.heapBytes - start.heapBytes < 5 * MiB)
    assert.ok(ms < 5000, `somebody else waited ${ms.toFixed(0)} ms`)
  })

  it('of few addresses gets what these may have, and the rest of the house stays free', async () => {
    await using edge = await Besieged.start({ limits: { ...patient, connectionsPerAddress: 20, connectionsPerNetwork: 60 } })
    const start = await edge.state()
    const crowd = await Crowd.gather({ port: edge.ports.clear, connections: 2000, addresses: 500 })
    assert.equal(crowd.greeted, 120) // of two networks
    assert.equal(crowd.greeted + crowd.refused + crowd.failed, 2000)
    await watch(edge.ports.clear, '127.9.9.9')()
    const { connectionsPerNetwork = 0, connectionsPerAddress = 0 } = (await edge.state()).limits
    assert.equal(connectionsPerNetwork + connectionsPerAddress, 1880)
    await crowd[Symbol.asyncDispose]()
    await edge.quiet(start)
  })

  it('that fills the house has to make place for others', async () => {
    const small = { connections: 500, connectionsPerAddress: 20, connectionsPerNetwork: 5000 }
    const stress = { ...defaultLimits.stress, atDelayMs: 0, commandMs: 60_000, sessionMs: 60_000, calmMs: 100 }
    await using edge = await Besieged.start({ limits: { ...patient, ...small, stress } })
    const start = await edge.state()
    const crowd = await Crowd.gather({ port: edge.ports.clear, connections: 600, addresses: 100 })
    assert.ok(crowd.greeted >= 500)
    await new Promise(resolve => setTimeout(resolve, 1100))
    const others = watch(edge.ports.clear, '127.9.9.9')
    await new Promise(resolve => setTimeout(resolve, 500))
    await others()
    const { counts, limits: reached } = await edge.state()
    assert.ok(Number(reached.idle) > 0)
    assert.equal(counts.stress, 1)
    await crowd[Symbol.asyncDispose]()
    await edge.quiet(start)
  })
})

describe('openssl', { skip: needs('openssl') }, () => {
  it('is refused TLS 1.1, and a renegotiation of TLS 1.2', async () => {
    await using edge = await Besieged.start({ limits: { ...limits, commandMs: 5000 } })
    const tls = ['s_client', '-connect', `127.0.0.1:${edge.ports.tls}`, '-crlf']
    const old = await run(pathOf('openssl'), [...tls, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], { timeoutMs: 5000, input: '' })
    assert.match(old.output, /alert protocol version|no protocols available/)
    const again = await run(pathOf('openssl'), [...tls, '-tls1_2'], { timeoutMs: 5000, input: 'R\n' })
    assert.match(again.output, /RENEGOTIATING.*no renegotiation/s)
  })
})

/** Sends mail again and again from another address, until it is asked for the longest that it took. */
function watch(port: number, localAddress = '127.0.0.99'): () => Promise<number> {
  let [isOver, longest] = [false, 0]
  const watching = (async () => {
    do {
      const began = performance.now()
      const client = await Client.connect(port, { localAddress })
      await client.expect(220)
      await client.accepted(...opening, `${letter}.`, 'QUIT')
      await client.closed()
      longest = Math.max(longest, performance.now() - began)
      await new Promise(resolve => setTimeout(resolve, 20))
    } while (!isOver)
  })()
  return async () => {
    isOver = true
    await watching
    return longest
  }
}
