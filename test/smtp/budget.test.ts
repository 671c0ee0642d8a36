import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defer } from '../../src/engine/verdict.ts'
import { says } from '../engine/stage.ts'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening } from './edge.ts'

describe('budgets', () => {
  it('SRV-26: ten errors are enough', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    for (let i = 0; i < 10; i++) assert.match(await client.say(i % 2 ? 'FOO' : 'RCPT TO:<a@b.example>'), /^50[03] /)
    await client.expect('421 4.7.0 ')
    assert.equal(await client.closed(), '')
    assert.equal((await edge.traced()).ending, 'refused by the protocol')
  })

  it('S8: twenty commands that lead nowhere are enough, and a message makes up for them', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', ...Array(18).fill('NOOP'))
    await client.accepted(...opening.slice(1))
    await client.accepted(`${letter}.`, ...Array(20).fill('RSET'))
    client.write('NOOP\r\n')
    await client.expect(250)
    await client.expect('421 4.7.0 ')
    await client.closed()
  })

  it('recipients that are asked to come later are not without end either', async () => {
    const rules = [says('later', 'rcpt', defer('x'))]
    await using edge = await openEdge({ rules, limits: { deferredRecipients: 5 } })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@b.example>')
    for (let i = 0; i < 5; i++) assert.match(await client.say(`RCPT TO:<u${i}@our.example>`), /^451 /)
    await client.expect('421 4.7.0 ')
  })

  it('S8: refuses ten recipients, the later ones slowly, and then the client', async () => {
    await using edge = await openEdge({ limits: { refusalDelayMs: 10, refusalDelayMaxMs: 30 } })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    const started = performance.now()
    for (let i = 0; i < 10; i++) assert.match(await client.say(`RCPT TO:<u${i}@other.example>`), /^550 /)
    assert.ok(performance.now() - started >= 10 + 20 + 6 * 30 - 10)
    await client.expect('421 4.7.0 ')
    await client.closed()
  })

  it('a line that never ends uses up the errors', async () => {
    await using edge = await openEdge({ limits: { errors: 2 } })
    const client = await Client.greeted(edge.port)
    const chunk = 'x'.repeat(64 * 1024)
    for (let sent = 0; sent < 40; sent++) client.write(chunk)
    assert.match(await client.closed(), /^(?:500 5\.5\.2 [^\n]*\n){2}421 4\.7\.0 /)
  })

  it('does not count recipients that are put off, as greylisting does', async () => {
    await using edge = await openEdge()
    edge.nextHop.toRcpt = () => ({ code: 451, status: '4.7.1', text: 'Later' })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    for (let i = 0; i < 20; i++) assert.match(await client.say(`RCPT TO:<u${i}@our.example>`), /^451 /)
    client.destroy()
  })
})
