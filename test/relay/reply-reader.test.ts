import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ReplyReader, replyLimits } from '../../src/relay/reply-reader.ts'
import type { Answer } from '../../src/relay/server-reply.ts'

function read(...chunks: readonly string[]): Answer[] {
  const reader = new ReplyReader()
  return chunks.flatMap(chunk => reader.read(Buffer.from(chunk)))
}

function troubleOf(...chunks: readonly string[]): string {
  const answer = read(...chunks).at(-1)
  assert.ok(answer && 'trouble' in answer, JSON.stringify(answer))
  return answer.detail
}

describe('the replies of a server', () => {
  test('one line, several lines, and several replies in one packet', () => {
    assert.deepEqual(read('250 2.1.0 Ok\r\n250-a\r\n250-b\r\n250 c\r\n354\r\n'), [
      { code: 250, lines: ['2.1.0 Ok'] },
      { code: 250, lines: ['a', 'b', 'c'] },
      { code: 354, lines: [''] },
    ])
  })

  test('a reply may come byte by byte', () => {
    assert.deepEqual(read(...'550-no\r\n550 such user\r\n'), [{ code: 550, lines: ['no', 'such user'] }])
  })

  test('whatever is no reply is trouble', () => {
    for (const line of ['hello', '25 Ok', '2500 Ok', '199 Ok', '600 Ok', '250_Ok', '']) {
      assert.match(troubleOf(`${line}\r\n`), /^not a reply/, line)
    }
  })

  test('a reply with two codes is trouble: nobody knows which one counts', () => {
    assert.match(troubleOf('250-Ok\r\n550 or not\r\n'), /two codes/)
  })

  test('a line, a reply and its number of lines are limited', () => {
    assert.match(troubleOf(`250 ${'a'.repeat(replyLimits.lineBytes)}\r\n`), /too long/)
    assert.match(troubleOf('250 ', 'a'.repeat(replyLimits.lineBytes)), /too long/)
    assert.match(troubleOf('250-a\r\n'.repeat(replyLimits.lines + 1)), /too long/)
    assert.match(troubleOf(`250-${'a'.repeat(1000)}\r\n`.repeat(40)), /too long/)
    assert.equal(read(`${'250-a\r\n'.repeat(replyLimits.lines - 1)}250 a\r\n`).length, 1)
  })
})
