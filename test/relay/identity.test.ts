import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { defaultExtensions } from '../../fixtures/next-hop/session.ts'
import type { Transaction } from '../../src/engine/transport.ts'
import type { Session } from '../../src/mail/session.ts'
import { xclientCommand } from '../../src/relay/client-identity.ts'
import { proxyHeader } from '../../src/relay/proxy-header.ts'
import { xtext } from '../../src/relay/xtext.ts'
import { commands, open, relay, transaction } from './relaying.ts'

const delivered = ['250 2.1.5', '250 2.0.0']
const xclient = [...defaultExtensions, 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN']
const xforward = [...defaultExtensions, 'XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE']

function of(change: Partial<Session>): Transaction {
  const usual = transaction()
  return { ...usual, session: { ...usual.session, ...change } }
}

describe('the client as the next hop sees it: XCLIENT', () => {
  test('is told before MAIL, and the greeting is the one that the client gave', async () => {
    const { hop, transport } = await open({ extensions: xclient }, { identity: 'xclient' })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.deepEqual(commands(hop).slice(0, 4), [
      'EHLO mx.example.org',
      'XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1 PORT=43210 PROTO=ESMTP HELO=client.example.com',
      'EHLO client.example.com',
      'MAIL FROM:<sender@example.com>',
    ])
  })

  test('one connection serves several clients, each told anew, and one client without being told again', async () => {
    const { hop, transport } = await open({ extensions: xclient }, { identity: 'xclient' })
    const other = of({ client: { ip: '2001:db8::1', port: 5 }, helo: 'other.example', esmtp: false })
    for (const each of [transaction(), transaction(), other]) await relay(transport.begin(each), 'a@example.org')
    assert.equal(hop.connections, 1)
    const told = commands(hop).filter(line => line.startsWith('XCLIENT'))
    assert.equal(told.length, 2)
    assert.equal(told[1], 'XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=5 PROTO=SMTP HELO=other.example')
    assert.deepEqual(
      hop.messages.map(({ client }) => client.addr),
      ['192.0.2.1', '192.0.2.1', 'IPV6:2001:db8::1'],
    )
  })

  test('a next hop that does not let us say it gets no mail: it would judge us instead of the client', async () => {
    const { hop, transport } = await open({}, { identity: 'xclient' })
    const reply = await transport.begin(transaction()).ask({ local: 'a', domain: 'example.org' })
    assert.equal(`${reply.code} ${reply.status}`, '451 4.3.5')
    assert.match(reply.detail ?? '', /smtpd_authorized_xclient_hosts/)
    assert.ok(!commands(hop).some(line => line.startsWith('MAIL')))
  })

  test('a refusal of this client is the next hop’s own word; a refusal of the command is trouble for now', async () => {
    const refused = await open({ extensions: xclient, script: { xclient: '554 5.7.1 You are listed' } }, { identity: 'xclient' })
    assert.deepEqual(await relay(refused.transport.begin(transaction()), 'a@example.org'), ['554 5.7.1'])
    const unknown = await open({ extensions: xclient, script: { xclient: '501 5.5.4 Bad syntax' } }, { identity: 'xclient' })
    assert.deepEqual(await relay(unknown.transport.begin(transaction()), 'a@example.org'), ['451 4.3.5'])
  })

  test('nothing in HELO can add an attribute or a command', () => {
    const { session } = of({ helo: 'a b\r\nADDR=1+é' })
    assert.deepEqual(
      xclientCommand(session, new Set(['ADDR', 'HELO'])),
      'XCLIENT ADDR=192.0.2.1 HELO=a+20b+0D+0AADDR+3D1+2B+C3+A9',
    )
    assert.equal(xtext('a=b+c d'), 'a+3Db+2Bc+20d')
  })

  test('a HELO that is no name is not greeted with', async () => {
    const { hop, transport } = await open({ extensions: xclient }, { identity: 'xclient' })
    await relay(transport.begin(of({ helo: 'not a name' })), 'a@example.org')
    assert.equal(commands(hop)[2], 'EHLO mx.example.org')
  })

  test('the line is never longer than a command may be', () => {
    const { session } = of({ client: { ip: `${'ffff:'.repeat(7)}ffff`, port: 65_535 }, helo: `${'a'.repeat(250)}.test` })
    assert.ok(xclientCommand(session, new Set(['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO'])).length <= 510)
    const long = of({ helo: 'é'.repeat(100) })
    assert.equal(xclientCommand(long.session, new Set(['HELO'])), 'XCLIENT HELO=[UNAVAILABLE]')
  })

  test('a next hop that takes the client for us no longer (Postfix) gets a connection for each client', async () => {
    let told = 0
    const script: Script = { ehlo: () => (told > 0 ? '250 next-hop.test' : undefined), xclient: () => void told++ }
    const { hop, transport } = await open({ extensions: xclient, script }, { identity: 'xclient', maxConnections: 1 })
    await relay(transport.begin(transaction()), 'a@example.org')
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(hop.connections, 1)
    told = 0
    const other = of({ client: { ip: '192.0.2.2', port: 5 } })
    assert.deepEqual(await relay(transport.begin(other), 'a@example.org'), delivered)
    assert.equal(hop.connections, 2)
    assert.deepEqual(
      hop.messages.map(({ client }) => client.addr),
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
    )
  })

  test('a next hop without IPv6 is told that the address is unknown rather than ours', async () => {
    const script: Script = { xclient: ({ line }) => (line.includes('IPV6:') ? '501 5.5.4 Bad ADDR syntax' : undefined) }
    const { hop, transport } = await open({ extensions: xclient, script }, { identity: 'xclient' })
    const client = { ip: '2001:db8::1', port: 5 }
    assert.deepEqual(await relay(transport.begin(of({ client })), 'a@example.org'), delivered)
    assert.equal(hop.messages[0]?.client.addr, '[UNAVAILABLE]')
  })
})

describe('the client as the next hop logs it: XFORWARD', () => {
  test('is told before every MAIL, with our trace id', async () => {
    const { hop, transport } = await open({ extensions: xforward }, { identity: 'xforward' })
    for (let time = 0; time < 2; time++) await relay(transport.begin(transaction()), 'a@example.org')
    assert.equal(hop.connections, 1)
    const expected =
      'XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.1 PORT=43210 PROTO=ESMTP HELO=client.example.com IDENT=1N3Z8QK4F00A.1 SOURCE=REMOTE'
    assert.deepEqual(
      commands(hop).filter(line => line.startsWith('XFORWARD')),
      [expected, expected],
    )
    assert.equal(hop.messages[1]?.client.ident, '1N3Z8QK4F00A.1')
  })

  test('mail goes on where it is not offered or not allowed: it is for the log only', async () => {
    const absent = await open({}, { identity: 'xforward' })
    assert.deepEqual(await relay(absent.transport.begin(transaction()), 'a@example.org'), delivered)
    const denied = await open({ extensions: xforward, script: { xforward: '550 5.7.0 Denied' } }, { identity: 'xforward' })
    assert.deepEqual(await relay(denied.transport.begin(transaction()), 'a@example.org'), delivered)
  })
})

describe('the client as the next hop’s socket: PROXY', () => {
  test('a header begins each connection, and no connection is used for another transaction', async () => {
    const { hop, transport } = await open({ expectProxy: true }, { identity: 'proxy' })
    for (let time = 0; time < 2; time++) await relay(transport.begin(transaction()), 'a@example.org')
    assert.equal(hop.connections, 2)
    assert.deepEqual(
      hop.messages.map(({ client }) => client),
      Array(2).fill({ proxyIp: '192.0.2.1', proxyPort: '43210' }),
    )
  })

  test('the header is that of version 2 of the protocol, byte by byte', () => {
    const signature = '0d0a0d0a000d0a515549540a'
    const v4 = proxyHeader({ ip: '192.0.2.1', port: 256 }, { ip: '10.0.0.5', port: 25 })
    assert.equal(v4.toString('hex'), `${signature}2111000cc00002010a00000501000019`)
    const v6 = proxyHeader({ ip: '2001:db8::1', port: 256 }, { ip: '10.0.0.5', port: 25 })
    const [client, server] = ['20010db8000000000000000000000001', '00000000000000000000ffff0a000005']
    assert.equal(v6.toString('hex'), `${signature}21210024${client}${server}01000019`)
    const mapped = proxyHeader({ ip: '::ffff:192.0.2.1', port: 1 }, { ip: '::1', port: 2 })
    assert.equal(mapped.subarray(16, 32).toString('hex'), '00000000000000000000ffffc0000201')
  })
})
