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

  it('SRV-10: takes bounces', async () => {
    const client = await greeted()
    await client.accepted('MAIL FROM:<>', 'RCPT TO:<b@our.example>', 'DATA')
    assert.match(await client.say(`${letter}.`), /^250 /)
    assert.equal(edge.nextHop.got.at(-1)?.sender, '')
    client.destroy()
  })

  it('SRV-09: takes mail for Postmaster without a domain, in any case', async () => {
    const client = await greeted()
    await client.accepted('MAIL FROM:<a@example.com>', 'RCPT TO:<Postmaster>', 'RCPT TO:<postMASTER>')
    client.destroy()
  })

  it('SRV-11: keeps the limits of each part, and takes what is exactly as long', async () => {
    const client = await greeted()
    const mail = (address: string) => client.say(`MAIL FROM:<${address}>`)
    const label = 'a'.repeat(63)
    const local = 'l'.repeat(64)
    assert.match(await mail(`${local}@example.com`), /^250 /)
    await client.accepted('RSET')
    assert.match(await mail(`${local}l@example.com`), /^501 5\.1\.7 /)
    // 256 with the brackets: 64 + @ + 189.
    const path = `${local}@${label}.${label}.${'a'.repeat(61)}`
    assert.match(await mail(path), /^250 /)
    await client.accepted('RSET')
    assert.match(await mail(`${path}a`), /^501 5\.1\.7 /)
    const domain = `${label}.${label}.${label}.${label}`
    assert.equal(domain.length, 255)
    assert.match(await client.say(`EHLO ${domain}`), /^250/)
    assert.match(await client.say(`EHLO ${label}.${label}.${label}.${'a'.repeat(62)}.a`), /^501 /)
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

  it('SRV-11: takes a hundred recipients, and asks for the others separately', async () => {
    const client = await greeted()
    await client.accepted('MAIL FROM:<a@example.com>')
    await client.accepted(...Array.from({ length: 100 }, (_, number) => `RCPT TO:<u${number}@our.example>`))
    assert.match(await client.say('RCPT TO:<u100@our.example>'), /^452 4\.5\.3 /)
    await client.accepted('DATA')
    assert.match(await client.say(`${letter}.`), /^250 /)
    assert.equal(edge.nextHop.got.at(-1)?.recipients.length, 100)
    client.destroy()
  })

  it('SRV-12: keeps local parts as they are, and strips source routes', async () => {
    const client = await greeted()
    await client.accepted('MAIL FROM:<@relay.example:"a > b"@example.com>')
    const recipients = ['"a b"@our.example', 'USER@our.example', 'user@OUR.example', '@a.example,@b.example:routed@our.example']
    await client.accepted(...recipients.map(recipient => `RCPT TO:<${recipient}>`), 'DATA')
    assert.match(await client.say(`${letter}.`), /^250 /)
    const { sender, recipients: delivered } = edge.nextHop.got.at(-1) ?? {}
    assert.equal(sender, '"a > b"@example.com')
    assert.deepEqual(delivered, ['"a b"@our.example', 'USER@our.example', 'user@our.example', 'routed@our.example'])
    client.destroy()
  })

  it('SRV-20: relays for nobody else, however it is written', async () => {
    const client = await greeted()
    await client.accepted('MAIL FROM:<b@our.example>')
    const elsewhere = ['u@other.example', '@our.example:u@other.example', 'u@[192.0.2.1]', 'u@[IPv6:2001:db8::1]']
    const routed = ['u%other.example@our.example', 'other.example!u@our.example', '"u@other.example"@our.example']
    for (const recipient of [...elsewhere, ...routed]) {
      assert.match(await client.say(`RCPT TO:<${recipient}>`), /^550 5\.7\.1 .*\[\w+\.\d+\]$/, recipient)
    }
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

  it('says 501 or 555 to what is malformed or unknown in MAIL and RCPT', async () => {
    const client = await greeted()
    const cases: [string, RegExp][] = [
      ['MAIL', /^501 5\.5\.4 /],
      ['MAIL TO:<a@example.com>', /^501 5\.5\.4 /],
      ['MAIL FROM:a@example.com', /^501 5\.1\.7 /],
      ['MAIL FROM:<a@example.com', /^501 5\.1\.7 /],
      ['MAIL FROM:<a b@example.com>', /^501 5\.1\.7 /],
      ['MAIL FROM:<a@example.com>SIZE=1', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> SIZE=x', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> SIZE', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> SIZE=1 SIZE=2', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> BODY=BINARYMIME', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> SMTPUTF8=yes', /^501 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> RET=FULL', /^555 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> AUTH=<>', /^555 5\.5\.4 /],
      ['MAIL FROM:<a@example.com> SIZE=99999999999', /^552 5\.3\.4 /],
      ['MAIL FROM:<j\xc3\xb6rg@example.com>', /^553 5\.6\.7 /],
      ['MAIL FROM:<j\xf6rg@example.com>', /^500 5\.5\.2 /],
      ['MAIL FROM:<a@example.com>\0', /^500 5\.5\.2 /],
      ['MAIL FROM:<a@example.com>\rRSET', /^500 5\.5\.2 /],
    ]
    for (const [line, reply] of cases) assert.match(await client.say(line), reply, line)
    await client.accepted('mail from: <a@example.com> size=5 body=8bitmime smtputf8')
    for (const line of ['RCPT TO:<>', 'RCPT TO:<b@our.example', 'RCPT TO:<b@@our.example>', 'RCPT TO:b@our.example']) {
      assert.match(await client.say(line), /^501 5\.1\.3 /, line)
    }
    assert.match(await client.say('RCPT TO:<b@our.example> NOTIFY=NEVER'), /^555 5\.5\.4 /)
    await client.accepted('RCPT TO:<j\xc3\xb6rg@our.example>')
    client.destroy()
  })

  it('forgets the parameters of a MAIL that it has refused (S10)', async () => {
    const client = await greeted()
    assert.match(await client.say('MAIL FROM:<a@example.com> SMTPUTF8 BODY=8BITMIME FOO=1'), /^555 /)
    await client.accepted('MAIL FROM:<forgetful@example.com>', 'RSET')
    const trace = await edge.traced(({ sender }) => sender === 'forgetful@example.com')
    assert.deepEqual(trace.parameters, {})
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
