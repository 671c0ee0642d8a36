import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { Client } from '../smtp/dialogue.ts'
import { letter, opening } from '../smtp/edge.ts'
import { attacks } from './support/attacks.ts'
import { Besieged } from './support/besieged.ts'

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

/** Sends mail again and again from another address, until it is asked for the longest that it took. */
function watch(port: number): () => Promise<number> {
  let [isOver, longest] = [false, 0]
  const watching = (async () => {
    while (!isOver) {
      const began = performance.now()
      const client = await Client.connect(port, { localAddress: '127.0.0.99' })
      await client.expect(220)
      await client.accepted(...opening, `${letter}.`, 'QUIT')
      await client.closed()
      longest = Math.max(longest, performance.now() - began)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()
  return async () => {
    isOver = true
    await watching
    return longest
  }
}
