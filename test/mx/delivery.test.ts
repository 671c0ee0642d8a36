import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryMessage } from '../../src/mail/message.ts'
import { address, commands, message, transaction } from '../relay/relaying.ts'
import { deliver, delivered, openOutside, refusalOf, replyOf, routeOf, serve } from './outside.ts'

const zone = {
  'two.example': {
    MX: [
      { preference: 10, exchange: 'mx1.two.example' },
      { preference: 20, exchange: 'mx2.two.example' },
    ],
  },
  'mx1.two.example': { A: ['127.0.0.11'] },
  'mx2.two.example': { A: ['127.0.0.12'] },
  'three.example': {
    A: ['127.0.0.13'],
    MX: ['11', '12', '13'].map(end => ({ preference: Number(end), exchange: `mx${end}.three.example` })),
  },
  'mx11.three.example': { A: ['127.0.0.11'] },
  'mx12.three.example': { A: ['127.0.0.12'] },
  'mx13.three.example': { A: ['127.0.0.13'] },
  'alone.example': { A: ['127.0.0.11'] },
  'other.example': { CNAME: 'alone.example' },
  'alias.example': { MX: [{ preference: 10, exchange: 'alias.two.example' }] },
  'alias.two.example': { CNAME: 'mx1.two.example' },
  'many.example': { A: Array.from({ length: 9 }, (_, at) => `127.0.0.${30 + at}`) },
  'refuses.example': { MX: [{ preference: 0, exchange: '' }] },
}

const open = () => openOutside(zone)

/** The recipients of each message that a server has taken. */
const taken = ({ messages }: Awaited<ReturnType<typeof serve>>) => messages.map(({ recipients }) => recipients.join(' '))

describe('delivery by MX', () => {
  test('to the best server, greeted with our name; the provider is told', async () => {
    const outside = await open()
    const [first, second] = [await serve(outside, '127.0.0.11'), await serve(outside, '127.0.0.12')]
    assert.deepEqual(await deliver(outside, ['bob@two.example']), delivered)
    assert.deepEqual([taken(first), taken(second)], [['bob@two.example'], []])
    assert.ok(commands(first).includes('EHLO mx.ours.example'))
    const route = await routeOf(outside, 'bob@two.example')
    assert.deepEqual([route.transport.name, route.provider], ['mx:two.example', 'two.example'])
  })

  test('aliases are followed: of the domain, and of its server', async () => {
    const outside = await open()
    const server = await serve(outside, '127.0.0.11')
    for (const recipient of ['a@other.example', 'a@alias.example', 'a@[127.0.0.11]']) {
      assert.deepEqual(await deliver(outside, [recipient]), delivered)
    }
    assert.equal(server.messages.length, 3)
  })

  test('CLI-04: to the next server when the first does not listen, hangs up, or does not want to talk', async () => {
    const scripts = [
      undefined,
      { connect: 'close' },
      { connect: '554 5.7.1 Not you' },
      { connect: '421 4.3.2 Not now' },
      { ehlo: 'close' },
    ] as const
    for (const script of scripts) {
      const outside = await open()
      if (script) await serve(outside, '127.0.0.11', { script })
      const second = await serve(outside, '127.0.0.12')
      assert.deepEqual(await deliver(outside, ['bob@two.example']), delivered, JSON.stringify(script))
      assert.equal(second.messages.length, 1)
    }
  })

  test('CLI-13: 4yz is asked of the next server, at every step; 5yz is not', async () => {
    const steps = ['mail', 'rcpt', 'data', 'dot'] as const
    for (const step of steps) {
      const outside = await open()
      const first = await serve(outside, '127.0.0.11', { script: { [step]: '451 4.7.1 Greylisted' } })
      const second = await serve(outside, '127.0.0.12')
      const replies = await deliver(outside, ['bob@two.example'])
      assert.equal(replies.at(-1), '250 2.0.0', step)
      assert.deepEqual([first.messages.length, second.messages.length], [0, 1])
    }
    for (const step of steps) {
      const outside = await open()
      await serve(outside, '127.0.0.11', { script: { [step]: '550 5.7.1 No' } })
      const second = await serve(outside, '127.0.0.12')
      assert.equal((await deliver(outside, ['bob@two.example'])).at(-1), '550 5.7.1', step)
      assert.equal(second.connections, 0)
    }
  })

  test('CLI-13: each of several recipients has its own answer, and its own server', async () => {
    const outside = await open()
    const said = (recipient: string) =>
      recipient.startsWith('later') ? '452 4.2.2 Full' : recipient.startsWith('no') ? '550 5.1.1 Unknown' : undefined
    const first = await serve(outside, '127.0.0.11', { script: { rcpt: ({ recipient }) => said(recipient) } })
    const second = await serve(outside, '127.0.0.12', {
      script: { rcpt: ({ recipient }) => (recipient.startsWith('later2') ? '452 4.2.2 Full' : undefined) },
    })
    const replies = await deliver(outside, ['yes@two.example', 'no@two.example', 'later1@two.example', 'later2@two.example'])
    assert.deepEqual(replies, ['250 2.1.5', '550 5.1.1', '250 2.1.5', '452 4.2.2', '250 2.0.0', '250 2.0.0'])
    assert.deepEqual([taken(first), taken(second)], [['yes@two.example'], ['later1@two.example']])
  })

  test('two sessions are enough, and five addresses', async () => {
    const outside = await open()
    const script = { rcpt: '451 4.7.1 Greylisted' }
    const servers = await Promise.all(['11', '12', '13'].map(end => serve(outside, `127.0.0.${end}`, { script })))
    assert.equal((await deliver(outside, ['a@three.example'])).at(-1), '451 4.7.1')
    assert.deepEqual(
      servers.map(({ connections }) => connections),
      [1, 1, 0],
    )
    const { code, status, detail = '' } = await replyOf(await open(), 'a@many.example')
    assert.deepEqual([code, status], [451, '4.4.1'])
    assert.equal(detail.match(/ECONNREFUSED/g)?.length, 5, detail)
  })

  test('CLI-14: when the connection is lost behind the final dot, the next server is not given the message too', async () => {
    const outside = await open()
    await serve(outside, '127.0.0.11', { script: { dot: 'close' } })
    const second = await serve(outside, '127.0.0.12')
    assert.deepEqual(await deliver(outside, ['bob@two.example']), ['250 2.1.5', '451 4.4.2'])
    assert.equal(second.connections, 0)
  })

  test('connections are used again, also for another domain with the same server', async () => {
    const outside = await open()
    const server = await serve(outside, '127.0.0.11')
    for (let i = 0; i < 3; i++) assert.deepEqual(await deliver(outside, ['bob@two.example']), delivered)
    assert.equal(server.connections, 1)
    assert.deepEqual(await deliver(outside, ['bob@alone.example']), delivered)
    // Another name of the server is another server, as far as certificates go.
    assert.equal(server.connections, 2)
    assert.deepEqual(outside.outbound.connections, { connections: 2, servers: 2 })
  })

  test('the number of connections is bounded: who comes then is told to come later', async () => {
    const outside = await openOutside(zone, { maxConnectionsInAll: 1 })
    await serve(outside, '127.0.0.11')
    await serve(outside, '127.0.0.12')
    const { transport } = await routeOf(outside, 'a@alone.example')
    const holder = transport.begin(transaction())
    assert.equal((await holder.ask(address('a@alone.example'))).code, 250)
    assert.equal((await replyOf(outside, 'b@[127.0.0.12]')).status, '4.4.5')
    holder.end()
    // The connection is idle once its RSET is answered: then it makes room.
    while ((await replyOf(outside, 'b@[127.0.0.12]')).code !== 250) await new Promise(setImmediate)
  })

  test('what the DNS says is the answer when there is nobody to ask', async () => {
    const outside = await open()
    assert.equal(await refusalOf(outside, 'a@refuses.example'), '556 5.1.10')
    assert.equal(await refusalOf(outside, 'a@nowhere.example'), '550 5.1.2')
    assert.equal(await refusalOf(outside, 'a@[127.0.0.99]'), '554 5.4.6')
    outside.dns.set('two.example', 'SERVFAIL')
    assert.equal(await refusalOf(outside, 'a@two.example'), '451 4.4.3')
  })

  test('a message that has come through more than a hundred servers goes to none', async () => {
    const outside = await open()
    const server = await serve(outside, '127.0.0.11')
    const { transport } = await routeOf(outside, 'a@alone.example')
    const a = address('a@alone.example')
    for (const [hops, expected] of [
      [101, '554 5.4.6'],
      [100, '250 2.0.0'],
    ] as const) {
      const delivery = transport.begin(transaction())
      await delivery.ask(a)
      const round = new MemoryMessage(Buffer.from(`${'Received: by x\r\n'.repeat(hops)}\r\nBody\r\n`))
      const reply = (await delivery.send([a], round)).get(a)
      assert.equal(`${reply?.code} ${reply?.status}`, expected)
    }
    assert.equal(server.messages.length, 1)
  })

  test('an ended delivery opens nothing more', async () => {
    const outside = await open()
    const server = await serve(outside, '127.0.0.11')
    const delivery = (await routeOf(outside, 'a@alone.example')).transport.begin(transaction())
    delivery.end()
    assert.equal((await delivery.ask(address('a@alone.example'))).code, 451)
    assert.equal([...(await delivery.send([address('a@alone.example')], message)).values()][0]?.code, 451)
    assert.equal(server.connections, 0)
  })
})
