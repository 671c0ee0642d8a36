import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { it } from 'node:test'
import { dkim } from '../../src/facts/index.ts'
import { find, messageOf } from '../facts/authentication.ts'
import { plainAuth, startSubmission } from './submission.ts'

const letter = 'From: Alice <alice@our.example>\r\nTo: ann@away.example\r\nSubject: hello\r\n\r\nHello\r\n'

it('DKIM-08: what our users send is signed for their domain, and what others see verifies', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const record = `v=DKIM1; k=ed25519; p=${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`
  await using gateway = await startSubmission({
    zone: { 'here._domainkey.our.example': { TXT: [record] } },
    files: { 'here.pem': String(privateKey.export({ type: 'pkcs8', format: 'pem' })) },
    more: 'sign: { our.example: [{ selector: here, key: here.pem }] }',
  })
  const client = await gateway.user()
  await client.accepted(plainAuth('alice', 'secret'), 'MAIL FROM:<alice@our.example>', 'RCPT TO:<ann@away.example>', 'DATA')
  client.write(`${letter}.\r\n`)
  assert.match(await client.reply(), /^250 /)
  await gateway.smarthost.arrived(1)
  const sent = gateway.smarthost.messages[0]?.content ?? Buffer.alloc(0)
  assert.match(sent.toString('latin1'), /^DKIM-Signature: /)
  const message = messageOf(sent.toString('latin1'))
  const signatures = await find(dkim, { message }, { 'here._domainkey.our.example': { TXT: [record] } }, new Date())
  assert.deepEqual(
    signatures.map(({ result, domain }) => [result, domain]),
    [['pass', 'our.example']],
  )
  client.destroy()
})
