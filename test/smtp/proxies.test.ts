import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Network, parseNetwork } from '../../src/mail/network.ts'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening, tlsFiles } from './edge.ts'

function networks(...texts: readonly string[]): Network[] {
  return texts.map(text => {
    const network = parseNetwork(text)
    assert.ok(network)
    return network
  })
}

const loopback = networks('127.0.0.0/8')
const header = 'PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n'

describe('clients behind a PROXY header', () => {
  it('are judged and traced by their own address', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: loopback }] })
    const client = await Client.connect(edge.port)
    client.write(header)
    await client.expect(220)
    await client.accepted(...opening)
    assert.match(await client.say(`${letter}.`), /^250 /)
    assert.deepEqual((await edge.traced()).session.client, { ip: '192.0.2.1', port: 56324 })
    client.destroy()
  })

  it('have not talked early when the header comes, in pieces or with version 2', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: loopback }], limits: { greetDelayMs: 100 } })
    const client = await Client.connect(edge.port)
    for (const byte of header) {
      client.write(byte)
      await new Promise(setImmediate)
    }
    await client.expect(220)
    await client.accepted('QUIT')
    const second = await Client.connect(edge.port)
    const ipv6 = '20010db800000000000000000000000120010db8000000000000000000000002dc040019'
    second.write(Buffer.from(`0d0a0d0a000d0a515549540a21210024${ipv6}`, 'hex'))
    await second.expect(220)
    await second.accepted('QUIT')
    await edge.traced(({ session }) => session.client.ip === '2001:db8::1')
    assert.deepEqual(
      edge.traces.map(({ session }) => session.violations),
      [[], []],
    )
  })

  it('have talked early when they say more than the header, and nothing of it is lost', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: loopback }], limits: { greetDelayMs: 4000 } })
    const client = await Client.connect(edge.port)
    client.write(`${header}EHLO client.example\r\n`)
    await client.expect(220)
    await client.expect(250)
    await client.accepted('QUIT')
    assert.deepEqual((await edge.traced()).session.violations, ['talked-before-greeting'])
  })

  it('begin TLS behind the header', async () => {
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{ proxyProtocol: loopback, tls: 'implicit' }] })
    const client = await Client.connect(edge.port)
    client.write(header)
    await client.secure()
    await client.expect(220)
    await client.accepted('EHLO client.example', 'QUIT')
    assert.equal((await edge.traced()).session.client.ip, '192.0.2.1')
  })

  it('are cut off without a header, or when it does not come in time', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: loopback }], limits: { proxyHeaderMs: 50 } })
    const liar = await Client.connect(edge.port)
    liar.write('EHLO client.example\r\n')
    assert.equal(await liar.closed(), '')
    const silent = await Client.connect(edge.port)
    silent.write('PROXY TCP4 ')
    assert.equal(await silent.closed(), '')
    assert.deepEqual([edge.server.counts.left, edge.server.counts.refused], [1, 1])
    assert.equal(edge.log.filter(({ message }) => message.includes('PROXY')).length, 2)
  })

  it('are the proxy itself in its health checks', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: loopback }] })
    const client = await Client.connect(edge.port)
    client.write('PROXY UNKNOWN\r\n')
    await client.expect(220)
    await client.accepted('QUIT')
    assert.equal((await edge.traced()).session.client.ip, '127.0.0.1')
  })

  it('cannot say who they are when they are no proxy of ours', async () => {
    await using edge = await openEdge({ listeners: [{ proxyProtocol: networks('10.0.0.0/8') }] })
    const client = await Client.greeted(edge.port)
    assert.match(await client.say(header.trimEnd()), /^500 /)
    client.destroy()
  })
})

describe('XCLIENT', () => {
  it('is refused to strangers, and not offered to them', async () => {
    await using edge = await openEdge({ listeners: [{ xclient: networks('10.0.0.0/8') }] })
    const client = await Client.greeted(edge.port)
    assert.doesNotMatch(await client.say('EHLO client.example'), /XCLIENT/)
    assert.match(await client.say('XCLIENT ADDR=192.0.2.1'), /^550 5\.7\.0 /)
    client.destroy()
  })

  it('tells whom a trusted proxy speaks for, and begins the session anew', async () => {
    await using edge = await openEdge({ listeners: [{ xclient: loopback }] })
    const client = await Client.greeted(edge.port)
    assert.match(await client.say('EHLO proxy.example'), /\r\n250 XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT$/)
    assert.match(
      await client.say('XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:DB8::1 PORT=1234 PROTO=ESMTP'),
      /^220 mx\.example\.org ESMTP$/,
    )
    assert.match(await client.say('MAIL FROM:<a@example.com>'), /^503 /)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>', 'RSET')
    const { session } = await edge.traced()
    assert.deepEqual(session.client, { ip: '2001:db8::1', port: 1234 })
    assert.equal(session.helo, 'client.example')
    client.destroy()
  })

  it("may give the client's HELO, which the EHLO of the proxy does not replace", async () => {
    await using edge = await openEdge({ listeners: [{ xclient: loopback }] })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO proxy.example', 'XCLIENT ADDR=192.0.2.1 PORT=1', 'XCLIENT HELO=real.example')
    await client.accepted('EHLO proxy.example', 'MAIL FROM:<a@example.com>')
    await client.accepted('XCLIENT ADDR=192.0.2.2'.replace('XCLIENT', 'RSET\r\nXCLIENT'))
    await client.expect(220)
    await client.accepted('EHLO other.example', 'MAIL FROM:<b@example.com>', 'RSET')
    await edge.traced(({ sender }) => sender === 'b@example.com')
    const seen = edge.traces.map(({ sender, session }) => [sender, session.client.ip, session.helo])
    assert.deepEqual(seen, [
      ['a@example.com', '192.0.2.1', 'real.example'],
      ['b@example.com', '192.0.2.2', 'other.example'],
    ])
    client.destroy()
  })

  it('is believed as a whole or not at all', async () => {
    await using edge = await openEdge({ listeners: [{ xclient: loopback }], limits: { errors: 100 } })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO proxy.example')
    for (const attributes of [
      '',
      'ADDR',
      'ADDR=',
      'ADDR=localhost',
      'ADDR=192.0.2.1 PORT=x',
      'ADDR=192.0.2.1 HELO=a+0D+0Ab',
      'ADDR=192.0.2.1 HELO=a+b',
      'ADDR=192.0.2.1 FOO=x',
      'ADDR=192.0.2.1 PROTO=HTTP',
      'ADDR=192.0.2.1 toString=x',
    ]) {
      assert.match(await client.say(`XCLIENT ${attributes}`), /^501 5\.5\.4 /, attributes)
    }
    await client.accepted('MAIL FROM:<a@example.com>')
    assert.match(await client.say('XCLIENT ADDR=192.0.2.1'), /^503 5\.5\.1 /)
    await client.accepted('RSET')
    assert.equal((await edge.traced()).session.client.ip, '127.0.0.1')
    client.destroy()
  })
})
