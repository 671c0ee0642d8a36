import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { DialogueStream } from '../../src/smtp/dialogue-stream.ts'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { MessageIntake } from '../../src/smtp/message-intake.ts'

const silent = { onLine: async () => {}, onData: () => {}, onMessage: async () => {} }

describe('dialogue stream', () => {
  it('hears one line after the other, and says what waits behind it', async () => {
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    const stream: DialogueStream = new DialogueStream({
      ...silent,
      onLine: async line => {
        heard.push([line.toString(), stream.hasLine, stream.hasMore])
        if (heard.length === 1) await gate.promise
      },
    })
    stream.write('MAIL\r\nRC')
    const written = new Promise(resolve => stream.write('PT\r\n', resolve))
    assert.deepEqual(heard, [['MAIL\r\n', false, true]])
    gate.resolve()
    await written
    assert.deepEqual(heard.slice(1), [['RCPT\r\n', false, false]])
  })

  it('S5: takes nothing more of a message while the disk is busy, dots or not', async () => {
    const stream = new DialogueStream(silent)
    const intake = new MessageIntake({
      limits: { ...defaultLimits, memoryBytes: 0 },
      lineEnds: 'strict',
      spoolDirectory: tmpdir(),
    })
    stream.receive(intake)
    const written = new Promise(resolve => stream.write(`\r\n${'..\r\n'.repeat(16_384)}`, resolve))
    assert.equal(stream.write('more\r\n'), false)
    assert.ok(stream.writableLength > 65_536, 'the first piece is still in the way')
    await written
    await intake.discard()
  })

  it('hears nothing more once it is closed, and swallows the rest', async () => {
    let lines = 0
    const stream: DialogueStream = new DialogueStream({
      ...silent,
      onLine: async () => {
        lines++
        stream.isClosed = true
      },
    })
    await new Promise(resolve => stream.write('QUIT\r\nNOOP\r\nNOOP\r\n', resolve))
    await new Promise(resolve => stream.write('NOOP\r\n', resolve))
    assert.equal(lines, 1)
  })
})
