import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatWireReply } from '../../src/smtp/wire-reply.ts'

describe('replies on the wire', () => {
  it('carry their status on each line, and none where there must be none', () => {
    assert.equal(formatWireReply({ code: 250, status: '2.0.0', text: 'OK' }), '250 2.0.0 OK\r\n')
    assert.equal(formatWireReply({ code: 250, lines: ['mx.example.org', 'SIZE 1'] }), '250-mx.example.org\r\n250 SIZE 1\r\n')
  })

  it('are never split by what a client has said, and are ASCII', () => {
    const text = 'You are\r\n250 OK \0\x7f jörg 💌'
    assert.equal(formatWireReply({ code: 550, status: '5.7.1', text }), '550 5.7.1 You are  250 OK    j?rg ?\r\n')
  })

  it('SRV-11: are broken between words when a line would be longer than 512 bytes', () => {
    const text = 'word '.repeat(300).trimEnd()
    const lines = formatWireReply({ code: 550, status: '5.7.1', text }).split('\r\n').slice(0, -1)
    assert.ok(lines.every(line => line.length <= 510))
    assert.deepEqual(
      lines.map(line => line.slice(0, 10)),
      ['550-5.7.1 ', '550-5.7.1 ', '550 5.7.1 '],
    )
    assert.equal(lines.map(line => line.slice(10)).join(' '), text)
    const longWord = formatWireReply({ code: 550, status: '5.7.1', text: 'x'.repeat(1000) })
    assert.equal(longWord.match(/x/g)?.length, 1000)
  })
})
