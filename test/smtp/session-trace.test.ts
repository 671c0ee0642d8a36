import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { openEdge } from './edge.ts'

describe('traces', () => {
  it('are written for sessions that never say MAIL', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'QUIT')
    const trace = await edge.traced()
    assert.equal(trace.ending, 'quit')
    assert.equal(trace.sender, undefined)
    assert.match(trace.id, /^[0-9A-Z]{12}\.0$/)
  })

  it('tell how the client left', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    client.destroy()
    assert.equal((await edge.traced()).ending, 'disconnected')
  })
})

describe('submission', () => {
  it('SUB-02: takes no mail without authentication', async () => {
    await using edge = await openEdge({ listeners: [{ as: 'submission' }] })
    const client = await Client.greeted(edge.port)
    assert.doesNotMatch(await client.say('EHLO client.example'), /AUTH/)
    assert.match(await client.say('MAIL FROM:<a@our.example>'), /^530 5\.7\.0 /)
    client.destroy()
  })
})
