import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryMessage, type Message } from '../../src/mail/message.ts'
import { repair } from '../../src/relay/repair.ts'

const now = new Date('2026-11-24T08:00:01Z')

async function repaired(text: string): Promise<string> {
  const message: Message = repair(new MemoryMessage(Buffer.from(text)), { hostname: 'mx.our.example', now })
  const chunks: Buffer[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  assert.equal(bytes.length, message.size)
  return bytes.toString()
}

describe('SUB-06: a message of our own', () => {
  it('gets what every message should have, on top', async () => {
    const text = await repaired('From: a@our.example\r\n\r\nHello\r\n')
    assert.match(
      text,
      /^Date: Tue, 24 Nov 2026 08:00:01 \+0000\r\nMessage-ID: <[0-9a-f-]{36}@mx\.our\.example>\r\nMIME-Version: 1\.0\r\nFrom: a@our\.example\r\n\r\nHello\r\n$/,
    )
  })

  it('loses what nobody else is to see, wherever it stands', async () => {
    const whole = 'Date: x\r\nmessage-id: <1@x>\r\nMIME-Version: 1.0\r\n'
    const text = await repaired(
      `BCC: eve@x.example,\r\n\tmallory@x.example\r\n${whole}Bcc:\r\nReturn-Path: <a@x>\r\nTo: b@x\r\n\r\nBcc: stays\r\n`,
    )
    assert.equal(text, `${whole}To: b@x\r\n\r\nBcc: stays\r\n`)
  })

  it('is left as it is when nothing is missing, and gets nothing on top when it is signed', async () => {
    for (const text of [
      'Date: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n\r\nx\r\n',
      'DKIM-Signature: v=1; h=from:date:date\r\nFrom: a@x\r\n\r\nx\r\n',
    ]) {
      assert.equal(await repaired(text), text)
    }
  })
})
