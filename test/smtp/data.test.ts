import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

async function inData(port: number): Promise<Client> {
  const client = await Client.greeted(port)
  await client.accepted(...opening)
  return client
}

describe('messages', () => {
  it('SRV-02: refuses bare LF, bare CR and NUL, tells so in the trace, and goes on with the session', async () => {
    await using edge = await openEdge()
    const client = await inData(edge.port)
    assert.match(await client.say('Subject: x\r\n\r\nbare\nline\r\n.'), /^550 5\.5\.2 .* LF .*\[\w+\.1\]$/)
    for (const [body, reply] of [
      ['bare\rreturn', /^550 5\.5\.2 .* CR /],
      ['\0', /^550 5\.6\.0 .* NUL /],
    ] as const) {
      await client.accepted(...opening.slice(1))
      assert.match(await client.say(`${body}\r\n.`), reply)
    }
    await client.accepted(...opening.slice(1))
    assert.match(await client.say(`${letter}.`), /^250 /)
    assert.equal(edge.nextHop.got.length, 1)
    const trace = await edge.traced(({ ending }) => ending === 'refused by the protocol')
    assert.match(trace.reply ?? '', /^550 5\.5\.2 /)
    assert.equal(trace.recipients[0]?.outcome, 'rejected')
    client.destroy()
  })

  it('S6: refuses a message that is larger than it may be, whatever SIZE said, and goes on', async () => {
    await using edge = await openEdge({ limits: { messageBytes: 1000 } })
    const client = await Client.greeted(edge.port)
    assert.match(await client.say('EHLO client.example'), /\r\n250-SIZE 1000\r\n/)
    assert.match(await client.say('MAIL FROM:<a@example.com> SIZE=1001'), /^552 5\.3\.4 /)
    await client.accepted('MAIL FROM:<a@example.com> SIZE=1', 'RCPT TO:<b@our.example>', 'DATA')
    assert.match(await client.say(`${'x'.repeat(999)}\r\n.`), /^552 5\.3\.4 .*\[\w+\.1\]$/)
    await client.accepted(...opening.slice(1))
    assert.match(await client.say(`${letter}.`), /^250 /)
    client.destroy()
  })

  it('S6: ends the connection of a client that goes on and on', async () => {
    await using edge = await openEdge({ limits: { messageBytes: 1000, slackBytes: 1000 } })
    const client = await inData(edge.port)
    client.write('x'.repeat(100_000))
    await client.expect('552 5.3.4 ')
    assert.equal(await client.closed(), '')
    assert.deepEqual(edge.nextHop.got, [])
  })

  it('refuses what is no header section, with a line limit, and says which', async () => {
    await using edge = await openEdge({ limits: { headerFields: 2, headerBytes: 200, continuationLines: 1, lineBytes: 300 } })
    const client = await inData(edge.port)
    for (const [message, reply] of [
      ['a: 1\r\nb: 2\r\nc: 3\r\n\r\n', /^554 5\.6\.0 .* fields/],
      ['a: 1\r\n 2\r\n 3\r\n\r\n', /^554 5\.6\.0 .* lines/],
      [`a: ${'x'.repeat(200)}\r\n\r\n`, /^554 5\.6\.0 .* large/],
      [`a: 1\r\n\r\n${'x'.repeat(300)}\r\n`, /^554 5\.6\.0 .* line .* long/],
    ] as const) {
      assert.match(await client.say(`${message}.`), reply)
      await client.accepted(...opening.slice(1))
    }
    client.destroy()
  })

  it('hands on a message that is too large for memory, unchanged', async () => {
    await using edge = await openEdge({ limits: { memoryBytes: 10_000 } })
    const client = await inData(edge.port)
    const body = `${'.'.repeat(70)}\r\n`.repeat(5000)
    client.write(`Subject: large\r\n\r\n${body.replaceAll(/^\./gm, '..')}.\r\n`)
    await client.expect(250)
    assert.equal(edge.nextHop.got[0]?.content, `Subject: large\r\n\r\n${body}`)
    client.destroy()
  })

  it('defers a message that the disk does not take', async () => {
    await using edge = await openEdge({ limits: { memoryBytes: 100 }, spoolDirectory: '/nowhere' })
    const client = await inData(edge.port)
    assert.match(await client.say(`${'x'.repeat(200)}\r\n.`), /^452 4\.3\.1 /)
    client.destroy()
  })

  it('S20: refuses DATA before 354 when nobody was accepted, and takes the next transaction', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    assert.match(await client.say('RCPT TO:<u@other.example>'), /^550 5\.7\.1 /)
    assert.match(await client.say('DATA'), /^554 5\.5\.1 /)
    await client.accepted('RCPT TO:<b@our.example>', 'DATA')
    assert.match(await client.say(`${letter}.`), /^250 /)
    client.destroy()
  })

  it('tells in a trace when the client goes away in the middle', async () => {
    await using edge = await openEdge()
    const client = await inData(edge.port)
    client.write(letter)
    client.destroy()
    const trace = await edge.traced()
    assert.equal(trace.ending, 'disconnected')
    assert.equal(trace.recipients[0]?.outcome, 'left')
    assert.deepEqual(edge.nextHop.got, [])
  })

  it('never takes half a message for a whole one, when the client closes its side before the dot', async () => {
    await using edge = await openEdge()
    const client = await inData(edge.port)
    client.write(letter)
    client.end()
    assert.equal(await client.closed(), '')
    assert.deepEqual(edge.nextHop.got, [])
  })

  it('brings to its end what is being handed over when the client goes away', async () => {
    await using edge = await openEdge()
    const handingOver = Promise.withResolvers<void>()
    const mayTake = Promise.withResolvers<void>()
    edge.nextHop.beforeTaking = () => {
      handingOver.resolve()
      return mayTake.promise
    }
    const client = await inData(edge.port)
    client.write(`${letter}.\r\n`)
    await handingOver.promise
    client.destroy()
    mayTake.resolve()
    const trace = await edge.traced()
    assert.equal(trace.ending, 'answered')
    assert.equal(edge.nextHop.got.length, 1)
  })

  it('S1: answers 451 when something of ours breaks, says so in the log, and goes on', async () => {
    await using edge = await openEdge({
      over: {
        annotate: () => {
          throw new Error('broken annotation')
        },
      },
    })
    const client = await inData(edge.port)
    assert.match(await client.say(`${letter}.`), /^451 4\.3\.0 /)
    assert.match(await client.say('NOOP'), /^250 /)
    assert.ok(edge.log.some(({ level, about }) => level === 'error' && JSON.stringify(about).includes('broken annotation')))
    client.destroy()
  })
})
