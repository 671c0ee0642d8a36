import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryMessage } from '../../src/mail/message.ts'
import { parseExtensions } from '../../src/relay/extensions.ts'
import { address, commands, message, open, relay, transaction } from './relaying.ts'

const without = (...keywords: readonly string[]) =>
  ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'SMTPUTF8'].filter(line => !keywords.includes(line.split(' ')[0] ?? ''))

describe('what a server offers', () => {
  test('keywords in any case, with their arguments', () => {
    const offered = parseExtensions([
      'mx.test',
      'size 1000',
      'Pipelining',
      'XCLIENT NAME addr',
      'LIMITS MAILMAX=5 RCPTMAX=9',
      'STARTTLS',
    ])
    assert.equal(offered.maxSize, 1000)
    assert.equal(offered.mailMax, 5)
    assert.deepEqual([...offered.xclient], ['NAME', 'ADDR'])
    assert.deepEqual([offered.pipelining, offered.startTls, offered.smtpUtf8, offered.xforward.size], [true, true, false, 0])
  })

  test('the first line is a greeting, whatever it says', () => {
    assert.equal(parseExtensions(['PIPELINING']).pipelining, false)
  })

  test('SIZE without a number, or with zero, is no limit', () => {
    for (const line of ['SIZE', 'SIZE 0'])
      assert.deepEqual([parseExtensions(['x', line]).size, parseExtensions(['x', line]).maxSize], [true, undefined])
  })
})

describe('extensions of the next hop', () => {
  test('CLI-11: SIZE= is sent; a message declared larger than is taken is refused without being sent', async () => {
    const { hop, transport } = await open({ extensions: ['SIZE 1000'] })
    await relay(transport.begin(transaction({ size: 1000 })), 'a@example.org')
    assert.ok(commands(hop).includes('MAIL FROM:<sender@example.com> SIZE=1000'))
    assert.deepEqual(await relay(transport.begin(transaction({ size: 1001 })), 'a@example.org'), ['552 5.3.4'])
    assert.equal(commands(hop).filter(line => line.startsWith('MAIL')).length, 1)
  })

  test('CLI-11: a message that turns out to be larger is not sent either', async () => {
    const { hop, transport } = await open({ extensions: ['SIZE 20'] })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '552 5.3.4'])
    assert.ok(!commands(hop).includes('DATA'))
  })

  test('CLI-09: BODY=8BITMIME is passed on where it is offered', async () => {
    const { hop, transport } = await open()
    await relay(transport.begin(transaction({ body: '8BITMIME' })), 'a@example.org')
    assert.ok(commands(hop).includes('MAIL FROM:<sender@example.com> BODY=8BITMIME'))
  })

  test('CLI-09: where it is not, 8-bit mail is sent as it is, or refused, and never re-encoded', async () => {
    const { hop, transport } = await open({ extensions: without('8BITMIME') })
    const content = Buffer.from('Subject: x\r\n\r\nGr\u00fc\u00dfe\r\n')
    const delivery = transport.begin(transaction({ body: '8BITMIME' }))
    const a = address('a@example.org')
    await delivery.ask(a)
    assert.equal((await delivery.send([a], new MemoryMessage(content))).get(a)?.code, 250)
    delivery.end()
    assert.ok(commands(hop).includes('MAIL FROM:<sender@example.com>'))
    assert.deepEqual(hop.messages[0]?.content, content)

    const strict = await open({ extensions: without('8BITMIME') }, { eightBit: 'refuse' })
    assert.deepEqual(await relay(strict.transport.begin(transaction({ body: '8BITMIME' })), 'a@example.org'), ['554 5.6.3'])
  })

  test('CLI-10: SMTPUTF8 is passed on where it is offered', async () => {
    const { hop, transport } = await open()
    await relay(transport.begin(transaction({ smtputf8: true }, 'j\u00fcrgen@example.com')), 'andr\u00e9@example.org')
    assert.ok(commands(hop).includes('MAIL FROM:<j\u00fcrgen@example.com> SMTPUTF8'))
    assert.deepEqual(hop.messages[0]?.recipients, ['andr\u00e9@example.org'])
  })

  test('CLI-10: where it is not, an address or a header that needs it is refused; nothing is guessed', async () => {
    const { hop, transport } = await open({ extensions: without('SMTPUTF8') })
    const begin = (sender = 'sender@example.com') => transport.begin(transaction({ smtputf8: true }, sender))
    assert.deepEqual(await relay(begin(), 'andr\u00e9@example.org'), ['553 5.6.7'])
    assert.deepEqual(await relay(begin('j\u00fcrgen@example.com'), 'a@example.org'), ['553 5.6.7'])
    const a = address('a@example.org')
    const delivery = begin()
    await delivery.ask(a)
    const reply = (await delivery.send([a], new MemoryMessage(Buffer.from('Subject: Gr\u00fc\u00dfe\r\n\r\n')))).get(a)
    assert.equal(`${reply?.code} ${reply?.status}`, '554 5.6.9')
    delivery.end()
    assert.equal(hop.messages.length, 0)
  })

  test('CLI-10: mail that does not need it goes there all the same, though its client has said SMTPUTF8', async () => {
    const { hop, transport } = await open({ extensions: without('SMTPUTF8') })
    assert.deepEqual(await relay(transport.begin(transaction({ smtputf8: true })), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
    assert.deepEqual(hop.messages[0]?.content.length, message.size)
  })

  test('the null sender is passed on as it is', async () => {
    const { hop, transport } = await open()
    await relay(transport.begin(transaction({}, null)), 'a@example.org')
    assert.ok(commands(hop).includes('MAIL FROM:<>'))
  })
})
