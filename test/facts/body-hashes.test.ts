import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BodyHashes, type BodyWay } from '../../src/facts/dkim/body-hashes.ts'

/** mailauth's hash of a body, and what it reads the body through: there every LF gets its CR. */
interface Hash {
  update(chunk: Buffer): void
  digest(encoding: 'base64'): string
  readonly canonicalizedLength: number
  readonly bodyHashedBytes: number
}
const require = createRequire(import.meta.url)
const {
  dkimBody,
}: { dkimBody: (form: string, algorithm: string, length: number | '') => Hash } = require('mailauth/lib/dkim/body')
const { MessageParser }: { MessageParser: new () => { lastByte: number; ensureLinebreaks(chunk: Buffer): Iterable<Buffer> } } =
  require('mailauth/lib/dkim/message-parser.js')

const LF = 0x0a
const forms: readonly BodyWay['form'][] = ['simple', 'relaxed']
const empty = { simple: 'frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=', relaxed: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }

function hashAll(chunks: readonly Buffer[], ways: readonly BodyWay[]): string[] {
  const hashes = new BodyHashes()
  const all = ways.map(way => hashes.hash(way))
  for (const chunk of chunks) hashes.write(chunk)
  hashes.end()
  return all.map(hash => `${hash.digest()} ${hash.hashedBytes} of ${hash.totalBytes}`)
}

function hashByMailauth(chunks: readonly Buffer[], { form, algorithm, length }: BodyWay): string {
  const hash = dkimBody(form, algorithm, length ?? '')
  const parser = Object.assign(new MessageParser(), { lastByte: LF })
  for (const chunk of chunks) for (const part of parser.ensureLinebreaks(chunk)) hash.update(part)
  return `${hash.digest('base64')} ${hash.bodyHashedBytes} of ${hash.canonicalizedLength}`
}

function cut(content: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map(at => at % (content.length + 1)).toSorted((a, b) => a - b), content.length]
  return places.slice(1).map((end, at) => content.subarray(places[at], end))
}

const piece = fc.constantFrom(
  'a',
  'bc',
  ' ',
  '  ',
  '\t',
  '\r\n',
  '\r\n',
  '\r\n\r\n',
  '\r',
  '\n',
  '\u00a0',
  '\x0b',
  '\0',
  '-- \r\n',
)

describe('the hashes of a body', () => {
  it('are what RFC 6376, 3.4.3 and 3.4.4 say of an empty one', () => {
    for (const form of forms) {
      assert.equal(hashAll([], [{ form, algorithm: 'sha256' }])[0]?.split(' ')[0], empty[form])
      assert.equal(hashAll([Buffer.from('\r\n\r\n')], [{ form, algorithm: 'sha256' }])[0]?.split(' ')[0], empty[form])
    }
  })

  it('are those of mailauth, whatever is in it, however it is cut, and all in one pass', () => {
    const way = fc.record(
      { form: fc.constantFrom(...forms), algorithm: fc.constantFrom('sha256' as const, 'sha1' as const), length: fc.nat(40) },
      { requiredKeys: ['form', 'algorithm'] },
    )
    const pieces = fc.array(piece, { maxLength: 40 })
    fc.assert(
      fc.property(
        pieces,
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.array(way, { minLength: 1, maxLength: 3 }),
        (parts, cuts, ways) => {
          const chunks = cut(Buffer.from(parts.join(''), 'latin1'), cuts)
          assert.deepEqual(
            hashAll(chunks, ways),
            ways.map(each => hashByMailauth(chunks, each)),
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('are those of mailauth where a body is larger than what is read at once', () => {
    const bodies = [
      'x '.repeat(70_000),
      '\r\n'.repeat(140_000),
      `${' \r\n'.repeat(100_000)}end`,
      '\r'.repeat(70_000),
      '\n'.repeat(70_000),
    ]
    for (const body of [...bodies, `${'\r\n'.repeat(50_000)}a${'\r\n\t'.repeat(50_000)}b`, `a${'\t '.repeat(60_000)}\r\n\r\n`]) {
      for (const form of forms) {
        const chunks = cut(Buffer.from(body), [3, 65_537, 131_072])
        assert.deepEqual(hashAll(chunks, [{ form, algorithm: 'sha256' }]), [
          hashByMailauth(chunks, { form, algorithm: 'sha256' }),
        ])
      }
    }
  })
})
