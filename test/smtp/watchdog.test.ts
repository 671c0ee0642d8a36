import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

describe('deadlines', () => {
  it('SRV-23: a client that says nothing, or never ends its line, hears 421', async () => {
    await using edge = await openEdge({ limits: { commandMs: 100 } })
    const silent = await Client.greeted(edge.port)
    await silent.accepted('EHLO client.example')
    const slow = await Client.greeted(edge.port)
    const trickle = setInterval(() => slow.write('x'), 10)
    await silent.expect('421 4.4.2 ')
    await slow.expect('421 4.4.2 ')
    clearInterval(trickle)
    await silent.closed()
    assert.equal((await edge.traced()).ending, 'timed out')
    slow.destroy()
  })

  it('S7: a session ends in which nothing is ever completed', async () => {
    await using edge = await openEdge({ limits: { sessionMs: 100, commandMs: 60, junkCommands: 10_000 } })
    const client = await Client.greeted(edge.port)
    for (;;) {
      const reply = await client.say('NOOP')
      if (reply.startsWith('421 4.4.2 ')) break
    }
    await client.closed()
  })

  it('S7: a message that stops coming, or comes too slowly, ends with 421', async () => {
    await using edge = await openEdge({ limits: { dataBlockMs: 100, dataBytesPerSecond: 1000 } })
    const stopping = await Client.greeted(edge.port)
    await stopping.accepted(...opening)
    stopping.write(letter)
    const slow = await Client.greeted(edge.port)
    await slow.accepted(...opening)
    const trickle = setInterval(() => slow.write('x'), 10)
    await stopping.expect('421 4.4.2 ')
    await slow.expect('421 4.4.2 ')
    clearInterval(trickle)
    const trace = await edge.traced()
    assert.equal(trace.ending, 'timed out')
    assert.equal(trace.recipients[0]?.outcome, 'left')
    stopping.destroy()
    slow.destroy()
  })

  it('does not hurry a client that waits for us', async () => {
    await using edge = await openEdge({ limits: { commandMs: 50, dataBlockMs: 50, sessionMs: 200 } })
    const taking = Promise.withResolvers<void>()
    edge.nextHop.beforeTaking = () => taking.promise
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening)
    client.write(`${letter}.\r\n`)
    // A second client is late meanwhile.
    const other = await Client.greeted(edge.port)
    await other.expect(421)
    taking.resolve()
    await client.expect(250)
    client.destroy()
    other.destroy()
  })

  it('S1: work of ours that never ends becomes a 421, not a client that waits for ever', async () => {
    await using edge = await openEdge({ limits: { answerMs: 50 } })
    edge.nextHop.toRcpt = () => new Promise(() => {})
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^421 4\.3\.0 /)
    await client.closed()
    assert.ok(edge.log.some(({ level }) => level === 'error'))
  })

  it('a client that never reads our replies is cut off', async () => {
    await using edge = await openEdge({ limits: { commandMs: 200 } })
    edge.nextHop.toRcpt = () => ({ code: 451, status: '4.7.1', text: 'x'.repeat(100_000) })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    client.socket.pause()
    const lines = Buffer.from('RCPT TO:<b@our.example>\r\n'.repeat(100))
    const gone = new Promise(resolve => client.socket.once('close', resolve))
    const more = () => {
      if (!client.socket.destroyed) client.socket.write(lines, () => setImmediate(more))
    }
    more()
    await edge.traced(({ ending }) => ending === 'timed out')
    client.destroy()
    await gone
  })
})
