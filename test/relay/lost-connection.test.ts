import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { address, message, open, relay, transaction } from './relaying.ts'

const a = address('a@example.org')
const b = address('b@example.org')

describe('a connection that is lost', () => {
  test('CLI-14: after the final dot, the message counts as not delivered', async () => {
    const { hop, transport } = await open({ script: { dot: 'close' } })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '451 4.4.2'])
    assert.equal(hop.connections, 1, 'it is not tried again: the next hop may have it')
  })

  test('CLI-14: in the middle of the message, before the dot, it is not delivered either', async () => {
    const large = new MemoryMessage(...Array<Buffer>(64).fill(Buffer.alloc(65_536, 'a')))
    const { hop, transport } = await open({ script: { content: 'close' } })
    const delivery = transport.begin(transaction())
    await delivery.ask(a)
    const reply = (await delivery.send([a], large)).get(a)
    assert.equal(`${reply?.code} ${reply?.status}`, '451 4.4.2')
    assert.equal(hop.messages.length, 0)
    assert.equal(hop.connections, 1)
  })

  test('a refusal in the middle of the message is the answer, and the dot is not sent', async () => {
    const large = new MemoryMessage(...Array<Buffer>(256).fill(Buffer.alloc(65_536, 'a')))
    let said = false
    const script: Script = {
      content: () => {
        if (said) return undefined
        said = true
        return '552 5.3.4 Too large'
      },
    }
    const { hop, transport } = await open({ script })
    const delivery = transport.begin(transaction())
    await delivery.ask(a)
    const reply = (await delivery.send([a], large)).get(a)
    assert.equal(`${reply?.code} ${reply?.status}`, '552 5.3.4')
    assert.equal(hop.messages.length, 0)
  })

  test('between two transactions, the next one takes a fresh connection', async () => {
    let isStale = false
    const script: Script = { mail: ({ connection }) => (connection === 1 && isStale ? '421 4.4.2 Bye' : undefined) }
    const { hop, transport } = await open({ script })
    await relay(transport.begin(transaction()), 'a@example.org')
    isStale = true
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
    assert.equal(hop.connections, 2)
  })

  test('a fresh connection that is closed at MAIL is not replaced: that would go on for ever', async () => {
    for (const mail of ['close', '421 4.3.2 Shutting down']) {
      const { hop, transport } = await open({ script: { mail } })
      assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), [
        mail === 'close' ? '451 4.4.2' : '451 4.3.2',
      ])
      assert.equal(hop.connections, 1)
    }
  })

  test('between two recipients, the transaction begins again elsewhere and nobody is forgotten', async () => {
    const { hop, transport } = await open()
    const delivery = transport.begin(transaction())
    await delivery.ask(a)
    hop.dropAll()
    assert.equal((await delivery.ask(b)).code, 250)
    const replies = await delivery.send([a, b], message)
    delivery.end()
    assert.deepEqual(
      [...replies.values()].map(({ code }) => code),
      [250, 250],
    )
    assert.deepEqual(
      hop.messages.map(({ recipients }) => recipients),
      [['a@example.org', 'b@example.org']],
    )
  })

  test('while the client was still sending its message, it is handed over on a fresh connection', async () => {
    const { hop, transport } = await open()
    const delivery = transport.begin(transaction())
    await delivery.ask(a)
    hop.dropAll()
    assert.equal((await delivery.send([a], message)).get(a)?.code, 250)
    delivery.end()
    assert.equal(hop.messages.length, 1)
  })

  test('a 421 for DATA after a long wait likewise', async () => {
    const { hop, transport } = await open({
      script: { data: ({ connection }) => (connection === 1 ? '421 4.4.2 Timeout' : undefined) },
    })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
    assert.equal(hop.messages.length, 1)
  })

  test('a transaction that is ended while the next hop is silent lets go of the connection', async () => {
    const { hop, transport } = await open(
      { script: { rcpt: ({ connection }) => (connection === 1 ? 'hang' : undefined) } },
      { maxConnections: 1 },
    )
    const delivery = transport.begin(transaction())
    const asked = delivery.ask(a)
    while (!hop.transcript.some(line => line.includes('RCPT'))) await new Promise(setImmediate)
    delivery.end()
    assert.equal((await asked).status, '4.4.2')
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
  })
})
