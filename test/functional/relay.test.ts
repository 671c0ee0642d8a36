import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { below, plain, send, startGateway } from './gateway.ts'

it('SRV-15, SRV-19: one Received line on top tells who sent what by which way, and no Return-Path', async () => {
  await using gateway = await startGateway({ rules: '[{ use: reverse-dns }]' })
  const { data } = await send(await gateway.client())
  assert.equal(data?.code, 250)
  const stored = gateway.nextHop.messages[0]?.content.toString('latin1') ?? ''
  const [, id] = /\[([0-9A-Z.]+)\]$/.exec(data?.text ?? '') ?? []
  const unfolded = stored.replaceAll(/\r\n[ \t]+/g, ' ')
  assert.match(
    unfolded,
    new RegExp(
      `^Received: from mx\\.sender\\.example \\(mx\\.sender\\.example \\[192\\.0\\.2\\.10\\]\\) by mx\\.our\\.example .*with ESMTP id ${id} for <bob@our\\.example>; .* \\+0000`,
      'm',
    ),
  )
  assert.match(unfolded, /^Authentication-Results: mx\.our\.example; iprev=pass policy\.iprev=192\.0\.2\.10/)
  assert.equal(stored.match(/^Received:/gm)?.length, 1)
  assert.doesNotMatch(stored, /^Return-Path:/im)
})

it('SRV-18: what a relay hands on is what it got, byte for byte, below what it puts on top', async () => {
  await using gateway = await startGateway()
  const odd = [
    'Received: garbage; nowhere\r\nX: \r\n\tfolded  \r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\n..dots\r\n.\r\n\r\n\t trailing \t\r\n',
    'no header at all',
    '\r\n\r\n\r\n',
    `Subject: 8 bit \xff\xfe\r\n\r\n${'x'.repeat(5000)}\r\n\xc3\x28\r\n`,
  ].map(text => Buffer.from(text, 'latin1'))
  for (const content of odd) assert.equal((await send(await gateway.client(), { content })).data?.code, 250)
  for (const [index, content] of odd.entries()) {
    const expected = content.subarray(-2).equals(Buffer.from('\r\n')) ? content : Buffer.concat([content, Buffer.from('\r\n')])
    assert.deepEqual(below(gateway.nextHop.messages[index]?.content, expected.length), expected)
  }
})

it('SRV-16: nothing is refused for the format of its trace fields', async () => {
  await using gateway = await startGateway()
  const content = Buffer.from('Received: nonsense\r\nReceived:\r\nReturn-Path: what\r\nFrom: ann@sender.example\r\n\r\nx\r\n')
  assert.equal((await send(await gateway.client(), { content })).data?.code, 250)
})

it('AR-01: Authentication-Results that claim to be ours do not pass', async () => {
  await using gateway = await startGateway()
  const forged =
    'Authentication-Results: MX.our.example (really) 1; dmarc=pass\r\nAuthentication-Results: other.example; spf=pass\r\n'
  await send(await gateway.client(), { content: Buffer.from(`${forged}From: a@b.example\r\n\r\nx\r\n`) })
  const stored = gateway.nextHop.messages[0]?.content.toString() ?? ''
  assert.doesNotMatch(stored, /dmarc=pass/)
  assert.match(stored, /^Authentication-Results: other\.example; spf=pass\r\n/m)
})

it('SRV-19: a Maildir gets Return-Path once, on top, and the whole message', async () => {
  await using gateway = await startGateway({ to: 'maildir:FOLDER/mail' })
  assert.equal((await send(await gateway.client())).data?.code, 250)
  const folder = join(gateway.folder, 'mail/new')
  const [name = ''] = await readdir(folder)
  const stored = await readFile(join(folder, name))
  assert.match(stored.toString(), /^Return-Path: <ann@sender\.example>\r\n/)
  assert.deepEqual(below(stored, plain.length), plain)
})

it('SRV-20: we relay for nobody else, however it is asked', async () => {
  await using gateway = await startGateway()
  const others = [
    'u@other.example',
    '"u@other.example"@else.example',
    'u@[192.0.2.1]',
    '@our.example:u@other.example',
    'u@sub.our.example',
    'u%other.example@our.example',
    '"u@other.example"@our.example',
    'our.example!u@other.example',
    'u@[IPv6:2001:db8::1]',
  ]
  for (const sender of ['', 'bob@our.example', 'ann@sender.example']) {
    const client = await gateway.client()
    await client.say('EHLO mx.sender.example')
    await client.say(`MAIL FROM:<${sender}>`)
    for (const recipient of others) {
      const { code, text } = await client.say(`RCPT TO:<${recipient}>`)
      assert.equal(`${code} ${text.slice(0, 5)}`, '550 5.7.1', recipient)
    }
    await client.quit()
  }
  assert.equal(gateway.nextHop.connections, 0)
})

it('SRV-12: a source route is taken off, and the case of a local part is kept', async () => {
  await using gateway = await startGateway()
  await send(await gateway.client(), { recipients: ['@a.example,@b.example:Bob@OUR.example'] })
  assert.deepEqual(gateway.nextHop.messages[0]?.recipients, ['Bob@our.example'])
})

it('SRV-21: unknown users are refused at RCPT, in the words of the next hop', async () => {
  const rcpt = ({ recipient }: { recipient: string }) => (recipient.startsWith('nobody') ? '550 5.1.1 No such user' : undefined)
  await using gateway = await startGateway({ nextHop: { script: { rcpt } } })
  const { rcpts, data } = await send(await gateway.client(), { recipients: ['nobody@our.example', 'bob@our.example'] })
  assert.deepEqual(
    rcpts.map(({ code }) => code),
    [550, 250],
  )
  assert.match(rcpts[0]?.text ?? '', /^5\.1\.1 No such user \[[0-9A-Z.]+\]$/)
  assert.equal(data?.code, 250)
})

it('LMTP-01: each recipient gets its own answer, and a refused copy waits in quarantine', async () => {
  const socket = join(tmpdir(), `postern-lmtp-${process.pid}.sock`)
  const dot = ({ recipient }: { recipient: string }) => (recipient.startsWith('full') ? '552 5.2.2 Over quota' : undefined)
  await using gateway = await startGateway({
    nextHop: { protocol: 'lmtp', path: socket, script: { dot } },
    to: `lmtp:${socket}`,
  })
  const { data } = await send(await gateway.client(), { recipients: ['bob@our.example', 'full@our.example'] })
  assert.equal(data?.code, 250)
  assert.match(data?.text ?? '', /1 of 2 copies held/)
  const [trace] = gateway.traces
  assert.deepEqual(
    trace?.recipients.map(({ address, outcome }) => `${address} ${outcome}`),
    ['bob@our.example delivered', 'full@our.example quarantined'],
  )
  const day = new Date().toISOString().slice(0, 10)
  const held = await readFile(join(gateway.folder, 'data/quarantine', day, trace?.id ?? '', 'message.eml'))
  assert.deepEqual(below(held, plain.length), plain)
})

it('SRV-03: no smuggled message reaches a next hop that takes LF.LF for the end', async () => {
  await using gateway = await startGateway({ nextHop: { tolerateBareLf: true } })
  for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\r\n\0.\r\n', '\n..\n']) {
    const content = Buffer.from(
      `From: a@b.example\r\n\r\nx${end}MAIL FROM:<evil@other.example>\r\nRCPT TO:<bob@our.example>\r\nDATA\r\nsmuggled\r\n`,
    )
    const client = await gateway.client()
    await client.say('EHLO x')
    await client.say('MAIL FROM:<ann@sender.example>')
    await client.say('RCPT TO:<bob@our.example>')
    await client.say('DATA')
    client.write(Buffer.concat([content, Buffer.from('\r\n.\r\n')]))
    const { code, text } = await client.answer()
    assert.match(`${code} ${text}`, /^550 5\.(5\.2|6\.0) /, JSON.stringify(end))
    client.leave()
  }
  assert.equal(gateway.nextHop.messages.length, 0)
})

for (const [title, step, action] of [
  ['before DATA is answered', 'data', 'close'],
  ['in the middle of the message', 'content', 'close'],
  ['before the final dot is answered', 'dot', 'close'],
  ['with a refusal for now', 'dot', '451 4.3.0 Try again'],
] as const) {
  it(`CLI-14: a next hop that stops ${title} costs a 4xx, and nothing is kept by us`, async () => {
    await using gateway = await startGateway({ nextHop: { script: { [step]: action } } })
    const content = Buffer.concat([plain, Buffer.alloc(300_000, 'a line of text\r\n')])
    const { data } = await send(await gateway.client(), { content })
    assert.equal(Math.floor((data?.code ?? 0) / 100), 4)
    const [recipient] = gateway.traces[0]?.recipients ?? []
    assert.equal(recipient?.outcome, 'deferred')
    assert.ok(recipient?.detail || recipient?.reply.includes('Try again'), 'the trace says why')
    assert.deepEqual(await readdir(join(gateway.folder, 'data')).then(names => names.filter(name => name === 'quarantine')), [])
  })
}

it('a next hop that is down costs a 451 at RCPT, and the trace says why', async () => {
  await using gateway = await startGateway({ to: 'smtp://127.0.0.1:1' })
  const { rcpts } = await send(await gateway.client())
  assert.match(`${rcpts[0]?.code} ${rcpts[0]?.text}`, /^451 4\.4\.1 /)
  assert.doesNotMatch(rcpts[0]?.text ?? '', /127\.0\.0\.1/)
})
