import assert from 'node:assert/strict'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { DialogueStream } from '../../src/smtp/dialogue-stream.ts'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { MessageIntake } from '../../src/smtp/message-intake.ts'

const silent = { onLine: () => undefined, onData: () => {}, onMessage: async () => {} }

describe('dialogue stream', () => {
  it('hears one line after the other, and says what waits behind it', async () => {
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    const stream: DialogueStream = new DialogueStream({
      ...silent,
      onLine: line => {
        heard.push([line.toString(), stream.hasLine, stream.hasMore])
        return heard.length === 1 ? gate.promise : undefined
      },
    })
    stream.write(Buffer.from('MAIL\r\nRC'))
    assert.equal(stream.write(Buffer.from('PT\r\n')), false, 'one piece ahead is enough')
    assert.deepEqual(heard, [['MAIL\r\n', false, true]])
    assert.equal(stream.hasLine, true)
    gate.resolve()
    await once(stream, 'drain')
    assert.deepEqual(heard.slice(1), [['RCPT\r\n', false, false]])
  })

  it('S5: takes nothing more of a message while the disk is busy, dots or not', async () => {
    const stream = new DialogueStream(silent)
    const intake = new MessageIntake({
      limits: { ...defaultLimits, memoryBytes: 0 },
      isOurs: false,
      spoolDirectory: tmpdir(),
    })
    stream.receive(intake)
    assert.equal(stream.write(Buffer.from(`\r\n${'..\r\n'.repeat(16_384)}`)), false)
    assert.equal(stream.write(Buffer.from('more\r\n')), false)
    assert.equal(stream.hasMore, true, 'the first piece is still in the way')
    await once(stream, 'drain')
    await intake.discard()
  })

  it('hears nothing more once it is closed, and swallows the rest', () => {
    let lines = 0
    const stream: DialogueStream = new DialogueStream({
      ...silent,
      onLine: () => {
        lines++
        stream.isClosed = true
        return undefined
      },
    })
    stream.write(Buffer.from('QUIT\r\nNOOP\r\nNOOP\r\n'))
    assert.equal(stream.write(Buffer.from('NOOP\r\n')), true)
    assert.equal(lines, 1)
  })

  it('keeps the start of a line that comes in pieces, and no more than shows that it is too long', () => {
    const lines: string[] = []
    const stream = new DialogueStream({ ...silent, onLine: line => void lines.push(line.toString()) })
    for (const byte of 'EHLO a\r\n') stream.write(Buffer.from(byte))
    stream.write(Buffer.from('x'.repeat(20_000)))
    stream.write(Buffer.from('y\r\n'))
    assert.equal(lines[0], 'EHLO a\r\n')
    assert.match(lines[1] ?? '', /^x{12000,}$/)
    assert.ok((lines[1]?.length ?? 0) < 13_000)
  })
})
