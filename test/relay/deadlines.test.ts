import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { type RelayTimeouts, relayTimeouts } from '../../src/relay/relay-timeouts.ts'
import { address, closeLater, open, relay, transaction, transportTo } from './relaying.ts'

describe('CLI-05: every step has a deadline', () => {
  const ms = 60
  const short: RelayTimeouts = {
    waitMs: ms,
    holdMs: 10_000,
    connectMs: ms,
    greetingMs: ms,
    commandMs: ms,
    dataMs: ms,
    blockMs: ms,
    finalDotMs: ms,
  }
  const steps: [keyof Script, string][] = [
    ['connect', '451 4.4.1'],
    ['ehlo', '451 4.4.1'],
    ['mail', '451 4.4.2'],
    ['rcpt', '451 4.4.2'],
    ['data', '451 4.4.2'],
    ['dot', '451 4.4.2'],
  ]
  for (const [step, expected] of steps) {
    test(`at ${step}`, async () => {
      const { hop, transport } = await open({ script: { [step]: 'hang' } }, { timeouts: short })
      assert.equal((await relay(transport.begin(transaction()), 'a@example.org')).at(-1), expected)
      assert.equal(hop.messages.length, 0)
      assert.equal(hop.connections, 1)
    })
  }

  test('while the message is sent to a server that does not read', async () => {
    const large = new MemoryMessage(...Array<Buffer>(400).fill(Buffer.alloc(65_536, 'a')))
    const transport = transportTo(await startDeaf(), { timeouts: { ...relayTimeouts, blockMs: 60 } })
    closeLater(() => transport.close())
    const delivery = transport.begin(transaction())
    const a = address('a@example.org')
    assert.equal((await delivery.ask(a)).code, 250)
    const reply = (await delivery.send([a], large)).get(a)
    assert.match(reply?.detail ?? '', /the message took longer than 60 ms/)
  })

  test('ours are shorter than those of RFC 5321, 4.5.3.2, and the final dot has five minutes', () => {
    assert.ok(Object.values(relayTimeouts).every(ms => ms > 0 && ms <= 300_000))
    assert.equal(relayTimeouts.finalDotMs, 300_000)
  })
})

/** A server that stops reading once it has said 354; its port. */
async function startDeaf(): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.write('220 deaf.test\r\n')
    socket.on('data', chunk => {
      const text = chunk.toString()
      if (text.includes('DATA')) socket.write('354 Go\r\n', () => socket.pause())
      else socket.write('250 Ok\r\n'.repeat(text.split('\r\n').length - 1))
    })
    closeLater(() => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closeLater(() => server.close())
  const bound = server.address()
  assert.ok(bound && typeof bound === 'object')
  return bound.port
}
