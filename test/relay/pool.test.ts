import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { relayTimeouts } from '../../src/relay/relay-timeouts.ts'
import { address, commands, message, open, relay, transaction } from './relaying.ts'

const delivered = ['250 2.1.5', '250 2.0.0']
const a = address('a@example.org')

describe('connections to one next hop', () => {
  test('one after the other, transactions share a connection', async () => {
    const { hop, transport } = await open()
    for (let time = 0; time < 3; time++) assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(hop.connections, 1)
    assert.ok(!commands(hop).includes('RSET'), 'a transaction that has come to its end needs no reset')
  })

  test('a transaction that was left in the middle is reset before the next one', async () => {
    const { hop, transport } = await open({}, { maxConnections: 1 })
    const left = transport.begin(transaction())
    await left.ask(a)
    left.end()
    assert.deepEqual(await relay(transport.begin(transaction()), 'b@example.org'), delivered)
    assert.equal(hop.connections, 1)
    assert.equal(commands(hop).filter(line => line === 'RSET').length, 1)
    assert.deepEqual(hop.messages[0]?.recipients, ['b@example.org'])
  })

  test('transactions at the same time have connections of their own, up to the limit; further ones wait', async () => {
    const { hop, transport } = await open({}, { maxConnections: 2 })
    const all = Array.from({ length: 6 }, () => relay(transport.begin(transaction()), 'a@example.org'))
    assert.deepEqual(await Promise.all(all), Array(6).fill(delivered))
    assert.equal(hop.connections, 2)
    assert.equal(hop.messages.length, 6)
  })

  test('waiting for a connection has a deadline', async () => {
    const { transport } = await open({}, { maxConnections: 1, timeouts: { ...relayTimeouts, waitMs: 30 } })
    const first = transport.begin(transaction())
    await first.ask(a)
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['451 4.4.5'])
    first.end()
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
  })

  test('a connection on which the server said something unasked is not used again', async () => {
    const { hop, transport } = await open({
      script: { dot: ({ connection }) => (connection === 1 ? '250 Ok\r\n421 4.4.2 Bye' : undefined) },
    })
    await relay(transport.begin(transaction()), 'a@example.org')
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(hop.connections, 2)
  })

  test('a next hop that allows so many transactions a connection gets no more (LIMITS MAILMAX)', async () => {
    const { hop, transport } = await open({ extensions: ['LIMITS MAILMAX=2'] })
    for (let time = 0; time < 5; time++) await relay(transport.begin(transaction()), 'a@example.org')
    assert.equal(hop.connections, 3)
  })

  test('after a hundred messages a connection is closed', async () => {
    const { hop, transport } = await open()
    for (let time = 0; time < 101; time++) await relay(transport.begin(transaction()), 'a@example.org')
    assert.equal(hop.connections, 2)
    assert.ok(commands(hop).includes('QUIT'))
  })

  test('a server that greets and hangs up in one breath does not keep its place', async () => {
    const script: Script = { ehlo: ({ connection }) => (connection === 1 ? '250 next-hop.test\r\n421 4.3.2 Bye' : undefined) }
    const { transport } = await open({ script }, { maxConnections: 1, timeouts: { ...relayTimeouts, waitMs: 100 } })
    await relay(transport.begin(transaction()), 'a@example.org')
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
  })

  test('closing takes leave of the server, and lets transactions come to their end', async () => {
    const { hop, transport } = await open()
    await relay(transport.begin(transaction()), 'a@example.org')
    const delivery = transport.begin(transaction())
    await delivery.ask(a)
    transport.close()
    assert.equal((await delivery.ask(address('b@example.org'))).code, 250)
    delivery.end()
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    while (commands(hop).filter(line => line === 'QUIT').length < 2) await new Promise(setImmediate)
    assert.equal(hop.connections, 2)
  })
})

test('a client that falls silent after RCPT gives its connection up to others, and can go on all the same', async () => {
  const timeouts = { ...relayTimeouts, holdMs: 20 }
  const { hop, transport } = await open({}, { maxConnections: 1, timeouts })
  const [silent, other] = [transport.begin(transaction()), transport.begin(transaction())]
  await silent.ask(a)
  assert.deepEqual(await relay(other, 'b@example.org'), ['250 2.1.5', '250 2.0.0'])
  const replies = await silent.send([a], message)
  assert.equal(replies.get(a)?.code, 250)
  assert.deepEqual(
    hop.messages.map(({ recipients }) => recipients),
    [['b@example.org'], ['a@example.org']],
  )
})
