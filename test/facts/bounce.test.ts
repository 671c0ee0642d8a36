import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bounce, senderDmarc } from 'postern/facts'
import { findFact, message, zoneDns } from 'postern/testing'

it('a bounce quotes the message that it is about', async () => {
  const report = message(
    { From: 'MAILER-DAEMON@other.example', 'Message-ID': '<bounce@other.example>' },
    '--b\nContent-Type: message/rfc822\n\nFrom: ann@our.example\nMessage-ID: <1@our.example>\nSubject: x\n\n--b--\n',
  )
  assert.deepEqual(await findFact(bounce, { message: report }), { messageIds: ['<1@our.example>'] })
})

it('receipts and absence notes say what they answer', async () => {
  const note = message({
    From: 'bob@other.example',
    'In-Reply-To': '<2@our.example>',
    References: '<1@our.example> <2@our.example>',
  })
  assert.deepEqual(await findFact(bounce, { message: note }), { messageIds: ['<2@our.example>', '<1@our.example>'] })
  const receipt = message(
    { From: 'bob@other.example' },
    'Final-Recipient: rfc822;bob@other.example\nOriginal-Message-ID: <3@our.example>\n',
  )
  assert.deepEqual(await findFact(bounce, { message: receipt }), { messageIds: ['<3@our.example>'] })
})

it('whether DMARC could vouch for a sender is known before the message', async () => {
  const find = (zone: Parameters<typeof zoneDns>[0], domain = 'mail.sender.example') =>
    findFact(senderDmarc, { sender: { local: 'a', domain } }, zoneDns(zone))
  assert.deepEqual(await find({}), { policy: 'no' })
  assert.deepEqual(await find({ '_dmarc.mail.sender.example': { TXT: ['v=DMARC1; p=none'] } }), { policy: 'yes' })
  assert.deepEqual(await find({ '_dmarc.sender.example': { TXT: ['v=DMARC1; p=none'] } }), { policy: 'yes' })
  assert.deepEqual(await find({ '_dmarc.sender.example': 'temperror' }), { policy: 'temperror' })
  assert.deepEqual(await find({}, '[192.0.2.1]'), { policy: 'none' })
})
