import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening, type TestEdge } from './edge.ts'

describe('commands', () => {
  let edge: TestEdge
  before(async () => {
    edge = await openEdge({ limits: { errors: 100, junkCommands: 100, refusedRecipients: 100 } })
  })
  after(() => edge.server.close())

  async function greeted(): Promise<Client> {
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    return client
  }

  it('takes a message, and the next hop gets it byte by byte', async () => {
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening)
    assert.match(await client.say(`${letter}..dot\r\n.`), /^250 2\.0\.0 .*\[\w+\.1\]$/)
    assert.match(await client.say('QUIT'), /^221 2\.0\.0 /)
    assert.equal(await client.closed(), '')
    const delivered = { sender: 'a@example.com', recipients: ['b@our.example'], content: `${letter}.dot\r\n` }
    assert.deepEqual(edge.nextHop.got.at(-1), delivered)
  })

  it('takes several messages on one connection, each with an id of its own', async () => {
    const client = await greeted()
    for (const number of [1, 2]) {
      await client.accepted('MAIL FROM:<>', 'RCPT TO:<b@our.example>', 'DATA')
      assert.match(await client.say(`${letter}.`), new RegExp(`^250 .*\\.${number}\\]$`))
    }
    client.destroy()
  })

  it('SRV-05: asks for EHLO before MAIL, and for each command in its order', async () => {
    const client = await Client.greeted(edge.port)
    for (const line of ['MAIL FROM:<a@example.com>', 'RCPT TO:<b@our.example>', 'DATA']) {
      assert.match(await client.say(line), /^503 5\.5\.1 /, `${line} before EHLO`)
    }
    await client.accepted('HELO client.example')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 5\.5\.1 /)
    assert.match(await client.say('DATA'), /^503 5\.5\.1 /)
    await client.accepted('MAIL FROM:<a@example.com>')
    assert.match(await client.say('MAIL FROM:<a@example.com>'), /^503 5\.5\.1 /)
    assert.match(await client.say('DATA'), /^554 5\.5\.1 /)
    await client.accepted('RCPT TO:<b@our.example>', 'EHLO client.example')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 5\.5\.1 /, 'EHLO acts as RSET')
    await client.accepted('MAIL FROM:<a@example.com>', 'RSET')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 5\.5\.1 /)
    client.destroy()
  })

  it('SRV-06: accepts a HELO name that is not that of the client', async () => {
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO other.example', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@our.example>')
    client.destroy()
  })

  it('SRV-07: accepts domains and address literals after HELO and EHLO, and answers 501 to anything else', async () => {
    const client = await Client.greeted(edge.port)
    const good = ['mail.example.org', '[192.0.2.1]', '[IPv6:2001:db8::1]', 'WORKSTATION', 'under_score.example', '192.0.2.1']
    await client.accepted(...good.flatMap(name => [`EHLO ${name}`, `HELO ${name}`]))
    const bad = [
      '',
      '[192.0.2]',
      '[300.0.0.1]',
      '[IPv6:192.0.2.1]',
      '[2001:db8::1',
      'a..b',
      '-a.example',
      'two names',
      'a@b',
      '<x>',
    ]
    for (const name of bad) {
      assert.match(await client.say(`EHLO ${name}`), /^501 5\.5\.4 /, name)
      assert.match(await client.say(`HELO ${name}`), /^501 5\.5\.4 /, name)
    }
    client.destroy()
  })

  it('SRV-08: knows the minimum of commands, and confirms no address', async () => {
    const client = await greeted()
    assert.match(await client.say('NOOP'), /^250 2\.0\.0 /)
    assert.match(await client.say('noop with words'), /^250 2\.0\.0 /)
    assert.match(await client.say('VRFY b@our.example'), /^252 2\.5\.0 /)
    assert.match(await client.say('VRFY nobody@our.example'), /^252 2\.5\.0 /)
    assert.match(await client.say('VRFY'), /^501 5\.5\.4 /)
    for (const verb of ['EXPN list', 'HELP', 'ETRN x', 'BDAT 1 LAST']) assert.match(await client.say(verb), /^502 5\.5\.1 /, verb)
    for (const verb of ['WIZ', 'SHELL', 'KILL', 'DEBUG', 'AUTH PLAIN', 'XFORWARD NAME=x', 'LHLO x', '', 'constructor']) {
      assert.match(await client.say(verb), /^500 5\.5\.2 /, verb)
    }
    for (const line of ['RSET now', 'STARTTLS']) assert.match(await client.say(line), /^50[12] 5\.5\.[14] /, line)
    client.destroy()
  })

  it('SRV-11: takes a command line of 512 bytes, and one of MAIL with the room that our extensions need', async () => {
    const client = await greeted()
    const line = (start: string, bytes: number) => `${start}${'x'.repeat(bytes - start.length - 2)}`
    assert.match(await client.say(line('NOOP ', 512)), /^250 /)
    assert.match(await client.say(line('NOOP ', 513)), /^500 5\.5\.2 Line too long/)
    assert.match(await client.say(line('NOOP ', 200_000)), /^500 5\.5\.2 Line too long/)
    assert.match(await client.say(line('MAIL FROM:<a@example.com> X=', 565)), /^555 5\.5\.4 /)
    assert.match(await client.say(line('MAIL FROM:<a@example.com> X=', 566)), /^500 5\.5\.2 Line too long/)
    client.destroy()
  })

  it('SRV-26: is in its right mind after refused commands', async () => {
    const client = await Client.greeted(edge.port)
    await client.say('EHLO not valid')
    await client.say('STARTTLS')
    await client.say('AUTH PLAIN AGEAYg==')
    assert.match(await client.say('MAIL FROM:<a@example.com>'), /^503 /)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>')
    assert.match(await client.say('EHLO not valid'), /^501 /)
    await client.accepted('RCPT TO:<b@our.example>')
    client.destroy()
  })

  it('refuses lines that end with LF alone, and does not carry them out (SRV-01)', async () => {
    const client = await greeted()
    client.write('MAIL FROM:<a@example.com>\n')
    assert.match(await client.reply(), /^500 5\.5\.2 /)
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 /)
    client.destroy()
  })

  it('ends the connection of a browser', async () => {
    const client = await Client.greeted(edge.port)
    client.write('POST /mail HTTP/1.1\r\nHost: localhost\r\n\r\nMAIL FROM:<a@example.com>\r\n')
    await client.expect('421 4.7.0 ')
    assert.equal(await client.closed(), '')
  })

  it('runs nothing that is sent behind QUIT', async () => {
    const client = await greeted()
    client.write('QUIT\r\nNOOP\r\n')
    await client.expect(221)
    assert.equal(await client.closed(), '')
  })

  it('answers a client that has closed its side, to the last command', async () => {
    const client = await greeted()
    client.write('NOOP\r\nVRFY b@our.example\r\n')
    client.end()
    await client.expect(250)
    await client.expect(252)
    assert.equal(await client.closed(), '')
  })
})
