import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { defaultExtensions } from '../../fixtures/next-hop/session.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { address, commands, message, open, relay, transaction } from './relaying.ts'

describe('a transaction with a next hop', () => {
  test('each recipient is asked, and the message arrives as it was', async () => {
    const { hop, transport } = await open({})
    const dots = new MemoryMessage(Buffer.from('A: b\r\n\r\n.\r\n..\r\n'), Buffer.from('.end'))
    const delivery = transport.begin(transaction())
    const [a, b] = [address('a@example.org'), address('b@example.org')]
    assert.equal((await delivery.ask(a)).text, 'Ok')
    assert.equal((await delivery.ask(b)).text, 'Ok')
    const replies = await delivery.send([a, b], dots)
    assert.equal(replies.get(b)?.text, 'Ok: queued')
    assert.match(replies.get(b)?.detail ?? '', /^smtp:\/\/127\.0\.0\.1:\d+: 250 2\.0\.0 Ok: queued$/)
    assert.equal(hop.messages.length, 1)
    assert.equal(hop.messages[0]?.sender, 'sender@example.com')
    assert.deepEqual(hop.messages[0]?.recipients, ['a@example.org', 'b@example.org'])
    assert.equal(hop.messages[0]?.content.toString(), 'A: b\r\n\r\n.\r\n..\r\n.end\r\n')
    delivery.end()
  })

  test('MAIL and the first RCPT go out together only when PIPELINING is offered', async () => {
    for (const extensions of [defaultExtensions, ['SIZE']]) {
      const script: Script = { mail: '451 4.3.0 Not now' }
      const { hop, transport } = await open({ extensions, script })
      assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['451 4.3.0'])
      assert.equal(commands(hop).includes('RCPT TO:<a@example.org>'), extensions === defaultExtensions)
    }
  })

  test('CLI-13: each recipient has a reply of its own', async () => {
    const replies: Record<string, string> = { 'full@example.org': '452 4.2.2 Full', 'no@example.org': '550 5.1.1 Unknown' }
    const { hop, transport } = await open({ script: { rcpt: ({ recipient }) => replies[recipient] } })
    const said = await relay(transport.begin(transaction()), 'yes@example.org', 'full@example.org', 'no@example.org')
    assert.deepEqual(said, ['250 2.1.5', '452 4.2.2', '550 5.1.1', '250 2.0.0'])
    assert.deepEqual(hop.messages[0]?.recipients, ['yes@example.org'])
  })

  test('CLI-13: a refusal of MAIL or DATA, or after the dot, is for all recipients', async () => {
    const refusals: [Script, string[]][] = [
      [{ mail: '550 5.7.1 No' }, ['550 5.7.1', '550 5.7.1']],
      [{ data: '554 5.6.0 No' }, ['250 2.1.5', '250 2.1.5', '554 5.6.0', '554 5.6.0']],
      [{ dot: '451 4.3.0 No' }, ['250 2.1.5', '250 2.1.5', '451 4.3.0', '451 4.3.0']],
    ]
    for (const [script, expected] of refusals) {
      const { hop, transport } = await open({ script })
      assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org', 'b@example.org'), expected)
      assert.equal(hop.messages.length, 0)
    }
  })

  test('CLI-13: trouble before the transaction is for now, and for all recipients', async () => {
    for (const script of [
      { connect: '554 5.3.2 No' },
      { connect: 'close' },
      { ehlo: '451 4.3.0 No' },
      { ehlo: 'close' },
    ] as Script[]) {
      const { hop, transport } = await open({ script })
      assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org', 'b@example.org'), ['451 4.4.1', '451 4.4.1'])
      assert.equal(hop.connections, 1)
    }
  })

  test('CLI-13: a next hop that is down is trouble for now', async () => {
    const { hop, transport } = await open({})
    await hop.close()
    const reply = await transport.begin(transaction()).ask(address('a@example.org'))
    assert.equal(`${reply.code} ${reply.status}`, '451 4.4.1')
    assert.match(reply.detail ?? '', /ECONNREFUSED/)
  })

  test('a positive answer out of turn is no acceptance', async () => {
    for (const script of [{ rcpt: '354 Go' }, { mail: '354 Go' }, { data: '250 Ok' }, { dot: '354 Go on' }] as Script[]) {
      const { hop, transport } = await open({ script })
      assert.equal((await relay(transport.begin(transaction()), 'a@example.org')).at(-1), '451 4.5.0')
      assert.equal(hop.messages.length, 0)
    }
  })

  test('a refusal that is about us, not about the sender, is for now', async () => {
    const { transport } = await open({ script: { mail: '530 5.7.0 Authentication required' } })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['451 4.3.5'])
  })

  test('the text of a reply is one printable line, and its status fits its code', async () => {
    const script: Script = { rcpt: '550-4.1.1 First\tline\r\n550 5.1.1 second \x1b[31mline é' }
    const { transport } = await open({ script })
    const { code, status, text } = await transport.begin(transaction()).ask(address('a@example.org'))
    assert.deepEqual({ code, status, text }, { code: 550, status: '5.0.0', text: 'First line second [31mline' })
  })

  test('a server that knows only HELO is spoken to without extensions', async () => {
    const { hop, transport } = await open({ script: { ehlo: '500 What?' } })
    assert.deepEqual(await relay(transport.begin(transaction({ size: 5 })), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
    assert.deepEqual(commands(hop).slice(0, 3), ['EHLO mx.example.org', 'HELO mx.example.org', 'MAIL FROM:<sender@example.com>'])
  })

  test('a message for fewer recipients than were asked begins again for those', async () => {
    const { hop, transport } = await open({ script: { rcpt: ({ connection }) => (connection > 1 ? '550 No' : undefined) } })
    const delivery = transport.begin(transaction())
    const [a, b] = [address('a@example.org'), address('b@example.org')]
    await delivery.ask(a)
    await delivery.ask(b)
    const replies = await delivery.send([b], message)
    delivery.end()
    assert.equal(replies.get(b)?.code, 250)
    assert.deepEqual(
      hop.messages.map(({ recipients }) => recipients),
      [['b@example.org']],
    )
    assert.deepEqual(commands(hop).slice(-4), [
      'RSET',
      `MAIL FROM:<sender@example.com> SIZE=${message.size}`,
      'RCPT TO:<b@example.org>',
      'DATA',
    ])
  })

  test('a next hop that changes its mind on the repetition has the last word', async () => {
    let asked = 0
    const script: Script = { rcpt: ({ recipient }) => (recipient.startsWith('c') && ++asked > 1 ? '452 4.2.2 Full' : undefined) }
    const { hop, transport } = await open({ script })
    const delivery = transport.begin(transaction())
    const [a, b, c] = [address('a@example.org'), address('b@example.org'), address('c@example.org')]
    for (const recipient of [a, b, c]) await delivery.ask(recipient)
    const replies = await delivery.send([b, c], message)
    delivery.end()
    assert.equal(replies.get(b)?.code, 250)
    assert.equal(replies.get(c)?.status, '4.2.2')
    assert.deepEqual(hop.messages[0]?.recipients, ['b@example.org'])
  })

  test('a message that cannot be read to its end is not delivered', async () => {
    const { hop, transport } = await open({})
    const broken = new MemoryMessage(Buffer.from('A: b\r\n\r\n'))
    broken.chunks = function* () {
      yield Buffer.from('A: b\r\n')
      throw new Error('the disk is gone')
    }
    const delivery = transport.begin(transaction())
    const a = address('a@example.org')
    await delivery.ask(a)
    const reply = (await delivery.send([a], broken)).get(a)
    assert.equal(reply?.status, '4.3.0')
    assert.match(reply?.detail ?? '', /the disk is gone/)
    assert.equal(hop.messages.length, 0)
  })
})
