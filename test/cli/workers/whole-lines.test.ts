import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { it } from 'node:test'
import { relayLines } from '../../../src/cli/workers/whole-lines.ts'

it('lines come whole, in whatever pieces they arrive, and half a line never', async () => {
  const from = new PassThrough()
  const written: string[] = []
  relayLines(from, lines => written.push(lines))
  const [first, second] = [Buffer.from('{"a":"ä"}\n'), Buffer.from('{"b":1}\n')]
  for (const byte of first) from.write(Buffer.from([byte]))
  from.write(Buffer.concat([second, second, Buffer.from('{"half')]))
  from.end()
  await new Promise(resolve => from.once('end', resolve))
  assert.deepEqual(written, ['{"a":"ä"}\n', '{"b":1}\n{"b":1}\n'])
})
