import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DotStuffing } from '../../src/relay/dot-stuffing.ts'

function stuffed(...chunks: readonly (string | Buffer)[]): string {
  const stuffing = new DotStuffing()
  const parts = chunks.map(chunk => stuffing.stuff(Buffer.from(chunk)))
  return Buffer.concat([...parts, Buffer.from(stuffing.end())]).toString('latin1')
}

/** What a server makes of it, one line after the other: slow, and plainly right. */
function received(wire: string): string {
  const lines = wire.split('\r\n')
  const end = lines.indexOf('.')
  assert.equal(end, lines.length - 2, 'the content has one end, and that is its end')
  return lines
    .slice(0, end)
    .map(line => `${line.startsWith('.') ? line.slice(1) : line}\r\n`)
    .join('')
}

describe('dot-stuffing', () => {
  test('CLI-12: every line that begins with a dot gets another one', () => {
    assert.equal(stuffed('.\r\n..\r\na.b\r\n.c\r\n'), '..\r\n...\r\na.b\r\n..c\r\n.\r\n')
  })

  test('CLI-12: a final CRLF is ensured', () => {
    assert.equal(stuffed('a'), 'a\r\n.\r\n')
    assert.equal(stuffed('a\r'), 'a\r\r\n.\r\n')
    assert.equal(stuffed('a\n'), 'a\n\r\n.\r\n')
    assert.equal(stuffed('a\r\n'), 'a\r\n.\r\n')
    assert.equal(stuffed(), '.\r\n')
  })

  test('a line end and its dot may come in different chunks', () => {
    assert.equal(stuffed('a\r', '\n', '.b'), 'a\r\n..b\r\n.\r\n')
    assert.equal(stuffed('a\r', '\n.b'), 'a\r\n..b\r\n.\r\n')
    assert.equal(stuffed('a\r\n', '', '.b'), 'a\r\n..b\r\n.\r\n')
  })

  test('a dot behind a bare line feed is no beginning of a line', () => {
    assert.equal(stuffed('a\n.b\r.c'), 'a\n.b\r.c\r\n.\r\n')
  })

  test('a chunk in which there is nothing to do passes through as it is', () => {
    const chunk = Buffer.from('From: a@example.com\r\n\r\nText.\r\n')
    assert.equal(new DotStuffing().stuff(chunk), chunk)
  })

  test('CLI-12: whatever the bytes and wherever they are split, the server gets them back, with a final CRLF', () => {
    const piece = fc.constantFrom('.', '\r', '\n', '\r\n', '\r\n.', '\r\n.\r\n', '..', 'a', 'é', '\0')
    const chunk = fc.array(piece, { maxLength: 6 }).map(pieces => Buffer.from(pieces.join(''), 'latin1'))
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), chunks => {
        const content = Buffer.concat(chunks).toString('latin1')
        const complete = content === '' || content.endsWith('\r\n') ? content : `${content}\r\n`
        assert.equal(received(stuffed(...chunks)), complete)
      }),
      { numRuns: 2000 },
    )
  })
})
