import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { letter, openEdge, type TestEdge } from './edge.ts'

describe('envelope', () => {
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
    for (const recipient of elsewhere) {
      assert.match(await client.say(`RCPT TO:<${recipient}>`), /^550 5\.7\.1 .*\[\w+\.\d+\]$/, recipient)
    }
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
})
