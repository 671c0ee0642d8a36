import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

describe('shutting down', () => {
  it('SRV-24: finishes the message that is coming in, tells all others 421, and lets nobody in', async () => {
    const edge = await openEdge()
    const idle = await Client.greeted(edge.port)
    await idle.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    const sending = await Client.greeted(edge.port)
    await sending.accepted(...opening)
    sending.write(letter)
    const drained = edge.server.drain(10_000)
    await idle.expect('421 4.3.2 ')
    await idle.closed()
    await assert.rejects(Client.connect(edge.port), /ECONNREFUSED/)
    sending.write('.\r\n')
    await sending.expect(250)
    await sending.expect('421 4.3.2 ')
    await sending.closed()
    await drained
    assert.equal(edge.nextHop.got.length, 1)
    assert.equal(edge.server.counts.open, 0)
    assert.deepEqual(
      edge.traces.map(({ ending }) => ending),
      ['shut down', 'answered'],
    )
  })

  it('answers the command at hand first', async () => {
    const edge = await openEdge()
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
    const drained = edge.server.drain(10_000)
    answer.resolve({ code: 250, status: '2.1.5', text: 'OK' })
    await client.expect('250 2.1.5')
    await client.expect('421 4.3.2 ')
    await client.closed()
    await drained
  })

  it('ends what does not end by itself when the time is up', async () => {
    const edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening)
    await edge.server.drain(20)
    assert.equal(edge.server.counts.open, 0)
    assert.equal(edge.traces[0]?.ending, 'shut down')
    client.destroy()
  })

  it('can be asked for twice', async () => {
    const edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await Promise.all([edge.server.drain(10), edge.server.close(), edge.server.close()])
    await edge.server.close()
    assert.equal(edge.server.counts.open, 0)
    client.destroy()
  })

  it('sends those away who have not been greeted', async () => {
    const edge = await openEdge({ limits: { greetDelayMs: 4000 } })
    const client = await Client.connect(edge.port)
    while (!edge.server.counts.open) await new Promise(setImmediate)
    const drained = edge.server.drain(10_000)
    await client.expect('421 4.3.2 ')
    await client.closed()
    await drained
  })

  it('gives back the addresses it has when one cannot be had', async () => {
    await using edge = await openEdge()
    await assert.rejects(openEdge({ listeners: [{}, { port: edge.port }] }), /EADDRINUSE/)
  })
})
