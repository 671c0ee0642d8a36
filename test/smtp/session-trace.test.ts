import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { definePolicy, pass } from '../../src/index.ts'
import { testRule } from '../engine/stage.ts'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

describe('traces', () => {
  it('are written for sessions that never say MAIL', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'QUIT')
    const trace = await edge.traced()
    assert.equal(trace.ending, 'quit')
    assert.equal(trace.sender, undefined)
    assert.match(trace.id, /^[0-9A-Z]{12}\.0$/)
  })

  it('tell how the client left', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    client.destroy()
    assert.equal((await edge.traced()).ending, 'disconnected')
  })
})

describe('clients that leave in the middle of an answer', () => {
  it('have their transaction traced, with what it came to', async () => {
    await using edge = await openEdge()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<{ code: number; status: string; text: string }>()
    edge.nextHop.toRcpt = () => {
      asked.resolve()
      return answer.promise
    }
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    client.write('RCPT TO:<b@our.example>\r\n')
    await asked.promise
    client.socket.resetAndDestroy()
    while (edge.server.counts.open) await new Promise(setImmediate)
    answer.resolve({ code: 550, status: '5.1.1', text: 'Unknown user' })
    const trace = await edge.traced()
    assert.equal(trace.ending, 'disconnected')
    assert.equal(trace.recipients[0]?.outcome, 'rejected')
    assert.equal(edge.traces.length, 1)
  })

  it('get their message delivered only when it is being handed over already, or they have said QUIT', async () => {
    for (const [last, taken] of [
      ['', false],
      ['QUIT\r\n', true],
    ] as const) {
      const judging = Promise.withResolvers<void>()
      const verdict = Promise.withResolvers<void>()
      const slow = definePolicy({
        name: 'slow',
        phase: 'message',
        summary: 'Takes its time.',
        judge: async () => {
          judging.resolve()
          await verdict.promise
          return pass()
        },
      })
      await using edge = await openEdge({ rules: [testRule(slow, { timeoutMs: 5000 })] })
      const client = await Client.greeted(edge.port)
      await client.accepted(...opening)
      client.write(`${letter}.\r\n${last}`)
      client.end()
      await judging.promise
      // On loopback the end is there when the event loop has gone round.
      for (let round = 0; round < 10; round++) await new Promise(setImmediate)
      verdict.resolve()
      assert.match(await client.closed(), taken ? /^250 .*\r\n221 / : /^451 4\.4\.2 /)
      assert.equal(edge.nextHop.got.length, taken ? 1 : 0)
    }
  })
})

describe('submission', () => {
  it('SUB-02: takes no mail without authentication', async () => {
    await using edge = await openEdge({ listeners: [{ as: 'submission' }] })
    const client = await Client.greeted(edge.port)
    assert.doesNotMatch(await client.say('EHLO client.example'), /AUTH/)
    assert.match(await client.say('MAIL FROM:<a@our.example>'), /^530 5\.7\.0 /)
    client.destroy()
  })
})
