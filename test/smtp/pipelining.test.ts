import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

describe('pipelining', () => {
  it('SRV-25: answers commands that are sent together in their order, and loses none', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    const chunks: string[] = []
    client.socket.on('data', chunk => chunks.push(chunk.toString()))
    client.write('MAIL FROM:<a@example.com>\r\nRCPT TO:<u@other.example>\r\nRCPT TO:<b@our.example>\r\nRCPT TO:<>\r\nDATA\r\n')
    for (const code of [250, 550, 250, 501, 354]) await client.expect(code)
    client.write(`${letter}.\r\nMAIL FROM:<c@example.com>\r\nRSET\r\nNOOP\r\nQUIT\r\n`)
    for (const code of ['250 2.0.0 Accepted', '250 2.1.0', '250 2.0.0 Flushed', '250 2.0.0', '221']) await client.expect(code)
    assert.equal(await client.closed(), '')
  })

  it('puts the answers to commands that came together into one write', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    const chunks: string[] = []
    client.socket.on('data', chunk => chunks.push(chunk.toString()))
    const recipients = Array.from({ length: 20 }, (_, number) => `RCPT TO:<u${number}@our.example>\r\n`)
    client.write(`MAIL FROM:<a@example.com>\r\n${recipients.join('')}DATA\r\n`)
    for (let i = 0; i < 21; i++) await client.expect(250)
    await client.expect(354)
    assert.equal(chunks.length, 1)
    client.destroy()
  })

  it('does not keep an answer back while the next command is incomplete', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    client.write('MAIL FROM:<a@example.com>\r\nRCPT TO:<b@our')
    await client.expect(250)
    client.write('.example>\r\n')
    await client.expect(250)
    client.destroy()
  })

  it('takes a dialogue byte by byte', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    for (const text of [...opening.map(line => `${line}\r\n`), `${letter}.\r\n`]) {
      for (const byte of text) {
        client.write(byte)
        await new Promise(setImmediate)
      }
      assert.match(await client.reply(), /^[23]/)
    }
    assert.equal(edge.nextHop.got[0]?.content, letter)
    client.destroy()
  })

  it('SRV-04: notes a client that sends ahead before EHLO is answered, and one that does not', async () => {
    await using edge = await openEdge()
    const hasty = await Client.greeted(edge.port)
    hasty.write('EHLO hasty.example\r\nMAIL FROM:<hasty@example.com>\r\n')
    await hasty.expect(250)
    await hasty.expect(250)
    hasty.destroy()
    const patient = await Client.greeted(edge.port)
    await patient.accepted('EHLO patient.example', 'MAIL FROM:<patient@example.com>')
    patient.destroy()
    const hastyTrace = await edge.traced(({ sender }) => sender === 'hasty@example.com')
    assert.deepEqual(hastyTrace.session.violations, ['pipelined-before-ehlo'])
    const patientTrace = await edge.traced(({ sender }) => sender === 'patient@example.com')
    assert.deepEqual(patientTrace.session.violations, [])
  })
})
