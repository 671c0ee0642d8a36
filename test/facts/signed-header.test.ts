import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readSignedHeader } from '../../src/facts/signed-header.ts'
import { MemoryMessage } from '../../src/mail/message.ts'

/** How mailauth cuts a header section into fields: it must be how we do, or else our limits would be about something else. */
interface MailauthTools {
  parseHeaders(header: Buffer): { readonly parsed: readonly { readonly key: string | null; readonly line: Buffer }[] }
}
const { parseHeaders }: MailauthTools = createRequire(import.meta.url)('mailauth/lib/tools.js')

async function fieldsOf(content: string, cuts: readonly number[] = []): Promise<string[]> {
  const bytes = Buffer.from(content, 'latin1')
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  const message = new MemoryMessage(...places.slice(1).map((end, at) => bytes.subarray(places[at], end)))
  const { fields } = await readSignedHeader(message)
  return fields.map(({ name, start, end }) => `${name}|${bytes.toString('latin1', start, end).trimEnd()}`)
}

function fieldsForMailauth(content: string): string[] {
  const [header = ''] = `\r\n${content}`.split('\r\n\r\n', 1)
  const { parsed } = parseHeaders(Buffer.from(header.slice(2), 'latin1'))
  return parsed.map(({ key, line }) => `${key?.trim() ?? ''}|${line.toString('latin1').trimEnd()}`)
}

describe('the header, as it is verified', () => {
  it('ends at the first empty line, which may be the first of all', async () => {
    assert.deepEqual(await fieldsOf('A: 1\r\n\r\nB: 2\r\n'), ['a|A: 1'])
    assert.deepEqual(await fieldsOf('\r\nA: 1\r\n\r\n'), [])
    assert.deepEqual(await fieldsOf('A: 1'), ['a|A: 1'])
    assert.deepEqual(await fieldsOf(''), [])
  })

  it('counts to a field whatever stands in front of the next one', async () => {
    assert.deepEqual(await fieldsOf('From: a\r\nno field\r\n\u00a0b\r\nTo: c\r\n\r\n'), [
      'from|From: a\r\nno field\r\n\u00a0b',
      'to|To: c',
    ])
    assert.deepEqual(await fieldsOf('X: 1\r\nFrom\r\n: a\r\nTo \t: b\r\n\r\n'), ['x|X: 1', 'from|From\r\n: a', 'to|To \t: b'])
  })

  it('is cut as mailauth cuts it, whatever it looks like and however it came', async () => {
    const piece = fc.constantFrom(
      'From',
      'DKIM-Signature',
      'X',
      ':',
      ': ',
      ' ',
      '\t',
      '\r\n',
      '\r\n',
      '\r\n ',
      'a=b;',
      '\u00a0',
      '\u00e9',
      '=',
      '@',
      '"',
      '\x0b',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 3 }), async (pieces, cuts) => {
        const content = `${pieces.join('')}\r\n\r\nbody: no\r\n`
        assert.deepEqual(await fieldsOf(content, cuts), fieldsForMailauth(content))
      }),
      { numRuns: 500 },
    )
  })
})
