import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening, type TestEdge } from './edge.ts'

describe('commands', () => {
  let edge: TestEdge
  before(async () => {
    edge = await openEdge()
  })

  it('takes a message, and the next hop gets it byte by byte', async () => {
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening)
    assert.match(await client.say(`${letter}..dot\r\n.`), /^250 2\.0\.0 .*\[\w+\.1\]$/)
    assert.match(await client.say('QUIT'), /^221 2\.0\.0 /)
    assert.equal(await client.closed(), '')
    assert.deepEqual(edge.nextHop.got.at(-1), { sender: 'a@example.com', recipients: ['b@our.example'], content: `${letter}.dot\r\n` })
  })
})
