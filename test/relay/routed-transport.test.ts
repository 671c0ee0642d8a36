import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAddress } from '../../src/mail/address.ts'
import type { Reply } from '../../src/mail/reply.ts'
import { RoutedTransport } from '../../src/relay/routed-transport.ts'
import { Box, letter, to } from '../engine/stage.ts'

const no: Reply = { code: 550, status: '5.0.0', text: 'no' }
const away = { local: 'ann', domain: 'away.example' }
const session = { id: 'S', listener: 'submission', client: { ip: '192.0.2.1', port: 1 }, violations: [] } as const
const transaction = { id: 'S.1', session, sender: null, parameters: {} }

async function sent(inside: Box, outside: Box): Promise<Record<string, number>> {
  const routed = new RoutedTransport('outbound', ({ domain }) => (domain === 'our.example' ? inside : outside))
  const delivery = routed.begin(transaction)
  const everybody = [to('bob'), away, to('carol')]
  for (const recipient of everybody) await delivery.ask(recipient)
  const replies = await delivery.send(everybody, letter())
  delivery.end()
  return Object.fromEntries([...replies].map(([recipient, { code }]) => [formatAddress(recipient), code]))
}

describe('several transports as one', () => {
  it('each get what is theirs', async () => {
    const [inside, outside] = [new Box('inside'), new Box('outside')]
    assert.deepEqual(await sent(inside, outside), { 'bob@our.example': 250, 'carol@our.example': 250, 'ann@away.example': 250 })
    assert.deepEqual([inside.got, outside.got, inside.asked.length, outside.asked.length], [['bob', 'carol'], ['ann'], 2, 1])
  })

  it('get nothing more when the first has refused it for all', async () => {
    const [inside, outside] = [new Box('inside', { toData: () => no }), new Box('outside')]
    assert.deepEqual(await sent(inside, outside), { 'bob@our.example': 550, 'carol@our.example': 550, 'ann@away.example': 550 })
    assert.deepEqual(outside.got, [])
  })

  it('answer each for its own recipients once somebody has taken it', async () => {
    const [inside, outside] = [new Box('inside'), new Box('outside', { toData: () => no })]
    assert.deepEqual(await sent(inside, outside), { 'bob@our.example': 250, 'carol@our.example': 250, 'ann@away.example': 550 })
  })
})
