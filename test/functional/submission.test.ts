import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from '../smtp/dialogue.ts'
import { send } from './gateway.ts'
import { plainAuth, startSubmission, type TestSubmission } from './submission.ts'

const alice = plainAuth('alice', 'secret')
const letter =
  'From: Alice <alice@our.example>\r\nTo: bob@our.example\r\nBcc: eve@away.example\r\nSubject: hello\r\n\r\nHello\r\n'

/** Sends a letter as somebody who has authenticated already. */
async function submit(client: Client, recipients: readonly string[], content = letter): Promise<string> {
  await client.accepted('MAIL FROM:<alice@our.example>', ...recipients.map(to => `RCPT TO:<${to}>`), 'DATA')
  client.write(`${content}.\r\n`)
  return client.reply()
}

async function greeted(gateway: TestSubmission, listener: number, proxy = ''): Promise<Client> {
  const client = await Client.connect(gateway.ports[listener] ?? 0)
  client.write(proxy)
  await client.expect(220)
  await client.accepted('EHLO server.our.example')
  return client
}

describe('our own users', () => {
  it('SUB-01: send to everybody at once, over STARTTLS and over TLS from the first byte on', async () => {
    await using gateway = await startSubmission()
    const implicit = await Client.connectTls(gateway.ports[2] ?? 0)
    await implicit.expect(220)
    await implicit.accepted('EHLO laptop.example')
    for (const client of [await gateway.user(), implicit]) {
      assert.match(await client.say(alice), /^235 2\.7\.0 /)
      assert.match(await submit(client, ['bob@our.example', 'ann@away.example', 'eve@away.example']), /^250 2\.0\.0 /)
      client.destroy()
    }
    await gateway.smarthost.arrived(2)
    assert.deepEqual(
      gateway.smarthost.messages.map(({ sender, recipients }) => [sender, ...recipients]),
      Array(2).fill(['alice@our.example', 'ann@away.example', 'eve@away.example']),
    )
    assert.deepEqual(
      gateway.nextHop.messages.map(({ recipients }) => recipients),
      [['bob@our.example'], ['bob@our.example']],
    )
    assert.deepEqual(
      gateway.traces.map(({ session }) => session.user),
      ['alice', 'alice'],
    )
  })

  it('SUB-06: SRV-15: their mail is completed, and tells nobody who was blind, nor their account', async () => {
    await using gateway = await startSubmission()
    const client = await gateway.user()
    await client.accepted(alice)
    await submit(client, ['ann@away.example'], letter.replace('Subject', 'Return-Path: <x@y.example>\nSubject'))
    await gateway.smarthost.arrived(1)
    const text = gateway.smarthost.messages[0]?.content.toString('latin1') ?? ''
    assert.match(
      text,
      /^Received: from laptop\.example \(unknown \[127\.0\.0\.1\]\)\r\n\tby mx\.our\.example \(Postern\) with ESMTPSA id /,
    )
    for (const field of ['Date', 'Message-ID', 'MIME-Version']) assert.match(text, new RegExp(`^${field}: `, 'm'))
    assert.doesNotMatch(text, /Bcc|eve@|Return-Path|authenticated as|X-Postern|Authentication-Results|[^\r]\n/)
    client.destroy()
  })

  it('SUB-05: write in their own name only, in the envelope and in From', async () => {
    await using gateway = await startSubmission()
    const client = await gateway.user()
    await client.accepted(alice)
    for (const sender of ['bob@our.example', 'alice@away.example', 'x@sub.alice.example']) {
      const told = await client.say(`MAIL FROM:<${sender}>`)
      assert.match(told, /^553 5\.7\.1 You may not send as \S+, only as alice@our\.example, \*@alice\.example$/)
    }
    const from = async (line: string) => submit(client, ['ann@away.example'], letter.replace(/^From: .*/, line))
    assert.match(
      await from('From: bob@our.example'),
      /^550 5\.7\.1 The From field names bob@our\.example, and you may only write as/,
    )
    assert.match(await from('From: alice@our.example, bob@our.example'), /^550 5\.7\.1 /)
    assert.match(await from('From: alice@our.example\r\nFrom: bob@our.example'), /^550 5\.6\.0 /)
    assert.match(await from('X-From: nobody'), /^550 5\.6\.0 /)
    assert.match(await from('From: alice@our.example <bob@our.example>'), /^550 5\.[67]\.[01] /)
    assert.match(await from('From: ALICE@Our.example'), /^250 /)
    assert.match(await from('From: "anything" <anybody@alice.example>'), /^250 /)
    await client.accepted('MAIL FROM:<>', 'RSET')
    await gateway.smarthost.arrived(2)
    assert.equal(gateway.smarthost.messages.length, 2)
    client.destroy()
  })

  it('are judged by the rules that say so, and by no others', async () => {
    await using gateway = await startSubmission({
      rules: `
  - { use: deny, name: for-strangers, options: { senders: [alice@our.example] } }
  - { use: deny, name: for-all, as: any, options: { senders: [carol@alice.example] } }
  - { use: rate-limit, name: for-ours, as: submission, options: { count: recipients, per: account, limit: 2, seconds: 3600 } }`,
    })
    const client = await gateway.user()
    await client.accepted(alice, 'MAIL FROM:<alice@our.example>', 'RCPT TO:<a@away.example>', 'RCPT TO:<b@away.example>')
    assert.match(await client.say('RCPT TO:<c@away.example>'), /^451 4\.7\.1 /)
    await client.accepted('RSET', 'MAIL FROM:<carol@alice.example>')
    assert.match(await client.say('RCPT TO:<d@away.example>'), /^554 5\.7\.1 [^;]*$/)
    const other = await gateway.user()
    await other.accepted(plainAuth('bob@our.example', 'geheim'), 'MAIL FROM:<bob@our.example>', 'RCPT TO:<e@away.example>')
    const stranger = await gateway.client()
    assert.equal((await send(stranger, { sender: 'alice@our.example' })).rcpts[0]?.code, 554)
    client.destroy()
    other.destroy()
  })

  it('tell us whom they know, and what they have sent', async () => {
    await using gateway = await startSubmission({ rules: '[{ use: correspondents }, { use: null-sender }]' })
    const stranger = await gateway.client()
    const bounce = (id: string) =>
      send(stranger, { sender: '', content: Buffer.from(`From: mailer@sender.example\r\nIn-Reply-To: ${id}\r\n\r\nx\r\n`) })
    const said = () => gateway.traces.at(-1)?.entries.flatMap(({ verdict }) => ('reason' in verdict ? [verdict.reason] : []))
    await bounce('<1@our.example>')
    assert.deepEqual(said(), [])
    const client = await gateway.user()
    await client.accepted(alice)
    await submit(client, ['ann@sender.example'], letter.replace('Subject', 'Message-ID: <1@our.example>\r\nSubject'))
    client.destroy()
    await bounce('<1@our.example>')
    assert.deepEqual(said(), ['answer'])
    await bounce('<2@our.example>')
    assert.deepEqual(said(), ['not-ours'])
  })
})

describe('a server of our own', () => {
  it('relays from its network without a password, and nobody else does', async () => {
    await using gateway = await startSubmission()
    const server = await greeted(gateway, 0, 'PROXY TCP4 10.1.2.3 127.0.0.1 4000 25\r\n')
    await server.accepted('MAIL FROM:<someone@forwarded.example>', 'RCPT TO:<ann@away.example>', 'DATA')
    server.write('Subject: bare\n\nHello\n\r\n.\r\n')
    await server.expect(250)
    await gateway.smarthost.arrived(1)
    assert.equal(gateway.smarthost.messages.length, 1)
    const stranger = await greeted(gateway, 0, 'PROXY TCP4 11.1.2.3 127.0.0.1 4000 25\r\n')
    await stranger.accepted('MAIL FROM:<someone@our.example>')
    assert.match(await stranger.say('RCPT TO:<ann@away.example>'), /^550 5\.7\.1 We do not relay/)
    for (const client of [server, stranger]) client.destroy()
  })

  it('is not whoever hides behind a proxy, though that is in the network', async () => {
    await using gateway = await startSubmission()
    const hidden = [
      await greeted(gateway, 0, 'PROXY UNKNOWN\r\n'),
      await greeted(gateway, 3),
      await greeted(gateway, 3),
      await greeted(gateway, 3),
    ]
    assert.match((await hidden[1]?.say('XCLIENT ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE]')) ?? '', /^220 /)
    assert.match((await hidden[2]?.say('XCLIENT ADDR=192.0.2.1')) ?? '', /^220 /)
    for (const client of hidden) {
      await client.accepted('EHLO x.example', 'MAIL FROM:<someone@our.example>')
      assert.match(await client.say('RCPT TO:<ann@away.example>'), /^550 5\.7\.1 We do not relay/)
      client.destroy()
    }
    const told = await greeted(gateway, 3)
    await told.accepted('XCLIENT ADDR=10.1.1.1', 'EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<ann@away.example>')
    assert.match(await told.say('RSET'), /^250/)
    await told.accepted('XCLIENT ADDR=[UNAVAILABLE]', 'EHLO x.example', 'MAIL FROM:<a@b.example>')
    assert.match(await told.say('RCPT TO:<ann@away.example>'), /^550 /)
    told.destroy()
  })

  it('is nobody who says so by XCLIENT and may not', async () => {
    await using gateway = await startSubmission({ more: '' })
    const liar = await greeted(gateway, 0, 'PROXY TCP4 11.1.2.3 127.0.0.1 4000 25\r\n')
    for (const line of ['XCLIENT ADDR=10.1.2.3', 'XCLIENT ADDR=10.1.2.3 LOGIN=alice']) assert.match(await liar.say(line), /^550 /)
    await liar.accepted('MAIL FROM:<alice@our.example>')
    assert.match(await liar.say('RCPT TO:<ann@away.example>'), /^550 5\.7\.1 We do not relay/)
    const login = await greeted(gateway, 3)
    await login.accepted('XCLIENT ADDR=11.1.2.3 LOGIN=alice', 'EHLO x.example', 'MAIL FROM:<alice@our.example>')
    assert.match(await login.say('RCPT TO:<ann@away.example>'), /^550 /)
    for (const client of [liar, login]) client.destroy()
  })

  it('cannot reach our own domains in a roundabout way, nor machines by their address', async () => {
    await using gateway = await startSubmission()
    const client = await gateway.user()
    await client.accepted(alice, 'MAIL FROM:<alice@our.example>')
    for (const to of ['u%away.example@our.example', 'u@[10.0.0.1]', '"u@away.example"@our.example']) {
      assert.match(await client.say(`RCPT TO:<${to}>`), /^550 5\.7\.1 /, to)
    }
    client.destroy()
  })
})
