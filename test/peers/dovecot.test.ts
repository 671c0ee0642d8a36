import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs } from './support/needs.ts'
import { readByImap, readByPop3 } from './support/read-mail.ts'
import { swaks } from './support/swaks.ts'

const alice = 'alice@our.example'
const bob = 'bob@our.example'

/** Larger than bob's quota. */
const large = Buffer.from(
  `Subject: a large picture\r\n\r\n${'one line of seventy-two bytes, of which it takes a thousand for 72 KB..\r\n'.repeat(1000)}`,
)

describe('swaks → Postern → Dovecot', { skip: needs('dovecot', 'swaks') }, () => {
  let dovecot: Dovecot
  let gateway: PeerGateway

  before(async () => {
    dovecot = await startDovecot()
    gateway = await startGateway({ to: `lmtp://127.0.0.1:${dovecot.lmtp}` })
  })

  after(async () => {
    await gateway?.stop()
    await dovecot?.stop()
  })

  test('LMTP-01: of two recipients, one over quota, one copy is delivered and the other waits in quarantine', async () => {
    const next = gateway.process.nextTrace()
    const { code, output } = await swaks({ port: gateway.proxied, to: [alice, bob], message: large })
    assert.equal(code, 0, output)
    assert.match(output, /<- {2}250 2\.0\.0 .*\[\w+\.1\]/)

    const { recipients } = await next
    const facts = recipients.map(({ address, outcome, where }) => ({ address, outcome, where }))
    assert.deepEqual(facts, [
      { address: alice, outcome: 'delivered', where: `lmtp://127.0.0.1:${dovecot.lmtp}` },
      { address: bob, outcome: 'quarantined', where: 'quarantine' },
    ])
    assert.match(recipients[1]?.detail ?? '', /5\d\d 5\.2\.2 .*[Qq]uota/)
    assert.deepEqual((await gateway.quarantine()).map(end(large)), [large])
  })

  test('SRV-18: what IMAP and POP3 read back is what was sent, byte for byte', async () => {
    const [byImap] = await readByImap(dovecot.imap, alice)
    const [byPop3] = await readByPop3(dovecot.pop3, alice)
    assert.deepEqual(byImap?.subarray(-large.length), large)
    assert.deepEqual(byPop3, byImap)
    assert.deepEqual(await readByImap(dovecot.imap, bob), [])
  })

  test('LMTP-03: Return-Path stands once, on top', async () => {
    const [message = Buffer.alloc(0)] = await readByImap(dovecot.imap, alice)
    const header = message.toString().split('\r\n\r\n', 1)[0] ?? ''
    assert.match(header, /^Return-Path: <ann@sender\.example>\r\n/)
    assert.equal(header.match(/^Return-Path:/gim)?.length, 1)
  })

  test('a sender for whom everybody is over quota is told so, and nothing is kept', async () => {
    const { code, output } = await swaks({ port: gateway.proxied, to: [bob], message: large })
    assert.notEqual(code, 0)
    assert.match(output, /<\*\* 55\d 5\.2\.2 .*\[\w+\.1\]/)
    assert.equal((await gateway.quarantine()).length, 1)
  })

  test('the same over a unix socket', async () => {
    const local = await startGateway({ to: `lmtp:${dovecot.lmtpPath}` })
    try {
      const message = await readFile(new URL('../../fixtures/messages/letter.eml', import.meta.url))
      const { code, output } = await swaks({ port: local.proxied, to: [bob], message })
      assert.equal(code, 0, output)
      const [read] = await readByImap(dovecot.imap, bob)
      assert.deepEqual(read?.subarray(-message.length), message)
    } finally {
      await local.stop()
    }
  })
})

function end({ length }: Buffer): (message: Buffer) => Buffer {
  return message => message.subarray(-length)
}
