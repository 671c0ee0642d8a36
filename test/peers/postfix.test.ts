import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs } from './support/needs.ts'
import { type Postfix, startPostfix } from './support/postfix.ts'
import { clientAddress, swaks } from './support/swaks.ts'
import { until } from './support/wait.ts'

const messages = new URL('../../fixtures/messages/', import.meta.url)

describe('swaks → Postern → Postfix', { skip: needs('postfix', 'swaks', 'root') }, () => {
  let postfix: Postfix
  let gateway: PeerGateway

  before(async () => {
    postfix = await startPostfix()
    gateway = await startGateway({ to: `smtp://127.0.0.1:${postfix.port}`, identity: 'xclient' })
  })

  after(async () => {
    await gateway?.stop()
    await postfix?.stop()
  })

  for (const [mailbox, file] of [
    ['alice', 'letter.eml'],
    ['bob', 'appointment.eml'],
  ] as const) {
    test(`SRV-18: ${file} arrives as it was sent, byte for byte`, async () => {
      const message = await readFile(new URL(file, messages))
      const { code, output } = await swaks({ port: gateway.proxied, to: [`${mailbox}@our.example`], message })
      assert.equal(code, 0, output)
      const delivered = await postfix.delivered(mailbox)
      // Postfix keeps mail with LF line ends.
      const sent = Buffer.from(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
      assert.deepEqual(delivered.subarray(-sent.length), sent)
    })
  }

  test('XCLIENT tells Postfix who the client is: its log has the original address, its Received the HELO name', async () => {
    const logged = async () => (await postfix.log()).includes(`[${clientAddress}]`) || undefined
    await until('the client in the log of Postfix', logged)
    assert.match(await postfix.log(), /postfix\/smtpd\[\d+\]: \w+: client=\S*\[192\.0\.2\.10\]/)
    const delivered = (await postfix.delivered('alice')).toString()
    assert.match(delivered, /^Received: from mx\.sender\.example \(\S+ \[192\.0\.2\.10\]\)\n\tby mail\.our\.example \(Postfix\)/m)
  })

  test("SRV-21: an unknown user gets Postfix's own 550 at RCPT", async () => {
    const message = await readFile(new URL('letter.eml', messages))
    const { code, output } = await swaks({ port: gateway.proxied, to: ['nobody@our.example'], message })
    assert.notEqual(code, 0)
    assert.match(output, /-> RCPT TO:<nobody@our\.example>\r?\n<\*\* 550 5\.1\.1 .*User unknown/)
    assert.doesNotMatch(output, /-> DATA/)
  })
})
