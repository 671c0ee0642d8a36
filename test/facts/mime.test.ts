import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { mime } from 'postern/facts'
import { findFact } from 'postern/testing'
import { cpuMs } from '../../fixtures/cpu-time.ts'
import { PartReader } from '../../src/facts/mime/part-reader.ts'
import { Reading } from '../../src/facts/mime/reading.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { zip } from './mime/zip.ts'

const MiB = 1024 * 1024
const find = (...lines: (string | Buffer)[]) => findFact(mime, { message: new MemoryMessage(wire(lines)) })
const wire = (lines: readonly (string | Buffer)[]) =>
  Buffer.concat(lines.flatMap(line => [Buffer.from(line), Buffer.from('\r\n')]))

const multipart = ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '']
/** A message of one text and these parts: the header and the body of each. */
const withParts = (...parts: (string | Buffer)[][]) =>
  find(...multipart, '--b', '', 'Hello!', ...parts.flatMap(part => ['--b', ...part]), '--b--')
const pdf = (...header: string[]) => [...header, '', '%PDF-']
const base64 = (content: Buffer) => content.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
const zipped = (content: Buffer) => [
  'Content-Type: application/zip; name=a.zip',
  'Content-Transfer-Encoding: base64',
  '',
  base64(content),
]
const namesOf = async (...header: string[]) => {
  const { attachments } = await withParts(pdf(...header))
  return attachments.flatMap(({ name, otherNames = [] }) => [name, ...otherNames])
}

describe('mime', () => {
  it('finds no attachment in a text, nor in its alternative', async () => {
    assert.deepEqual(await find('Subject: x', '', 'Hello!'), { status: 'parsed', parts: 1, attachments: [] })
    const alternative = [
      'Content-Type: multipart/alternative; boundary=a',
      '',
      '--a',
      '',
      'x',
      '--a',
      'Content-Type: text/html',
      '',
    ]
    const { parts, attachments } = await withParts([...alternative, '<p>', '--a--'])
    assert.deepEqual([parts, attachments], [5, []])
  })

  it('finds an attachment, its type and its size', async () => {
    const header = ['Content-Type: Application/PDF', 'Content-Disposition: ATTACHMENT; filename="a b.pdf"']
    const { attachments } = await withParts([...header, '', '%PDF-', '12345'])
    assert.deepEqual(attachments, [{ name: 'a b.pdf', type: 'application/pdf', disposition: 'attachment', bytes: 12 }])
  })

  it('decodes base64 and quoted-printable, however badly they are written', async () => {
    const sizes = async (encoding: string, ...body: string[]) => {
      const part = ['Content-Type: a/b', `Content-Transfer-Encoding: (really) "${encoding}"`, '', ...body]
      return (await withParts(part)).attachments[0]?.bytes
    }
    assert.equal(await sizes('BASE64', 'QU', ' JD', '!RA'), 4)
    assert.equal(await sizes('base64', 'QQ==', 'QQ==', 'QUI='), 4)
    assert.equal(await sizes('base64', '====', '***'), 0)
    assert.equal(await sizes('quoted-printable', '=41=4', '=', 'x= ', 'y', '=3'), 'A=4\r\nxy\r\n=3'.length)
  })

  it('decodes the name, whatever way it is written in', async () => {
    assert.deepEqual(await namesOf('Content-Type: a/b; name="=?utf-8?B?w7wuZXhl?="'), ['ü.exe'])
    assert.deepEqual(await namesOf("Content-Disposition: attachment; filename*=iso-8859-1'de'%FC.exe"), ['ü.exe'])
    const continued = ["Content-Type: a/b; name*1=b.e; name*0*=utf-8''a%20;", '\tname*2*="x%65"']
    assert.deepEqual(await namesOf(...continued), ['a b.exe'])
    assert.deepEqual(await namesOf('Content-Type: a/b; (comment) name=a.exe (comment)'), ['a.exe'])
  })

  it('finds all names of a part that has several', async () => {
    const header = ['Content-Type: a/b; name=a.exe', 'Content-Disposition: attachment; filename=a.txt']
    assert.deepEqual(await namesOf(...header, 'Content-Disposition: inline; filename=a.scr'), ['a.txt', 'a.scr', 'a.exe'])
  })

  it('finds names that mail programs save, though the part is a text', async () => {
    assert.deepEqual(await namesOf('Content-Type: text/plain; name=a.exe'), ['a.exe'])
    assert.deepEqual(await namesOf('Content-Disposition: inline; filename=a.hta', 'Content-Type: text/html'), ['a.hta'])
  })

  it('removes what is invisible from names, and keeps the end of long ones', async () => {
    assert.deepEqual(await namesOf('Content-Type: a/b; name="gpj\u202egpj.\u200be\u00adx\0\u2028e"'), ['gpjgpj.exe'])
    const [name = ''] = await namesOf(`Content-Type: a/b; name="${'a'.repeat(100_000)}.exe"`)
    assert.equal(name.length, 255)
    assert.match(name, /^aaa.*….*\.exe$/)
  })

  it('looks into messages within the message', async () => {
    const inner = ['Content-Type: a/b; name=a.exe', '', 'MZ']
    const seen = async (...header: string[]) =>
      (await withParts([...header])).attachments.map(({ name, type, bytes }) => [name, type, bytes])
    const expected = (bytes: number) => [
      ['', 'message/rfc822', bytes],
      ['a.exe', 'a/b', 2],
    ]
    assert.deepEqual(await seen('Content-Type: message/rfc822', '', ...inner), expected(35))
    const encoded = ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', base64(wire(inner))]
    assert.deepEqual((await seen(...encoded)).toSorted(), expected(37))
    const digest = ['Content-Type: multipart/digest; boundary=d', '', '--d', '', ...inner, '--d--']
    assert.deepEqual(await seen(...digest), expected(35))
  })

  it('reads on behind the end of a multipart, as some programs do', async () => {
    const { attachments } = await find(...multipart, '--b--', '--b', ...pdf('Content-Type: a/b; name=a.exe'))
    assert.deepEqual(attachments[0]?.name, 'a.exe')
  })

  it('reads a part that is broken off', async () => {
    assert.deepEqual((await find(...multipart, '--b', 'Content-Type: a/b; name=a.exe')).attachments[0]?.name, 'a.exe')
    assert.deepEqual((await find(...multipart, '--b', ...pdf('Content-Type: a/b; name=a.exe'))).attachments[0]?.bytes, 5)
    assert.deepEqual(await find('Content-Type: multipart/mixed', '', '--', '--b', '', 'x'), {
      status: 'parsed',
      parts: 1,
      attachments: [{ name: '', type: 'multipart/mixed', disposition: '', bytes: 12 }],
    })
  })

  it('says what a file is by its content', async () => {
    const kindOf = async (content: Buffer, name = 'a.pdf') => {
      const { attachments } = await withParts([
        `Content-Type: a/b; name=${name}`,
        'Content-Transfer-Encoding: base64',
        '',
        base64(content),
      ])
      return [attachments[0]?.looksLike, attachments[0]?.archive?.isComplete]
    }
    const at = (position: number, text: string) => Buffer.concat([Buffer.alloc(position, 1), Buffer.from(text, 'latin1')])
    assert.deepEqual(await kindOf(at(0, 'MZ\x90\0')), ['executable', undefined])
    assert.deepEqual(await kindOf(at(0, '\x7fELF')), ['executable', undefined])
    assert.deepEqual(await kindOf(at(0, 'MZ is a text without zeros')), [undefined, undefined])
    assert.deepEqual(await kindOf(at(0, 'Rar!\x1a\x07\x01\0')), ['rar', false])
    assert.deepEqual(await kindOf(at(32_769, 'CD001')), ['iso', false])
    assert.deepEqual(await kindOf(at(257, 'ustar')), ['tar', false])
    assert.deepEqual(await kindOf(at(2, '-lh5-')), ['lzh', false])
    assert.deepEqual(await kindOf(at(0, 'nothing'), 'a.IMG.'), [undefined, false])
    assert.deepEqual(await kindOf(zip(['a'])), ['zip', true])
    assert.deepEqual(await kindOf(Buffer.concat([at(0, 'GIF89a'), zip(['a'])])), [undefined, true])
  })

  it('lists what is in ZIP archives, also in large ones', async () => {
    const archive = { names: ['a.exe', 'b.txt'], isComplete: true, isEncrypted: false }
    assert.deepEqual((await withParts(zipped(zip(['a.exe', 'b.txt'])))).attachments[0]?.archive, archive)
    const large = zip([{ name: 'a.exe', content: Buffer.alloc(9 * MiB) }, 'b.txt'])
    const [attachment] = (await withParts(zipped(large))).attachments
    assert.deepEqual(attachment, { ...attachment, bytes: large.length, looksLike: 'zip', archive })
  })

  it('lists no more than 1000 names, of however many archives', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `${index}.txt`)
    const { attachments } = await withParts(...Array.from({ length: 15 }, () => zipped(zip([...names, 'a.exe']))))
    const listed = attachments.flatMap(({ archive }) => archive?.names ?? [])
    assert.equal(listed.length, 1000)
    assert.equal(listed.filter(name => name === 'a.exe').length >= 9, true)
  })
})

describe('mime, whatever it is given,', () => {
  it('finds the same, however the message is cut', async () => {
    const part = ['Content-Type: a/b; name=a.zip', 'Content-Transfer-Encoding: base64', '', base64(zip(['a.exe', 'b.txt']))]
    const quoted = ['Content-Type: a/b', 'Content-Transfer-Encoding: quoted-printable', '', '=41=42=', '-=2D', '--', '--c', '-']
    const message = wire([
      ...multipart,
      '--b',
      ...part,
      '--b',
      ...quoted,
      '--b',
      'Content-Type: message/rfc822',
      '',
      ...multipart,
      '--b--',
    ])
    const whole = read(message, message.length)
    assert.equal(whole.attachments.length, 3)
    for (const size of [1, 2, 3, 7, 64]) assert.deepEqual(read(message, size), whole)
  })

  it('gives up on a thousand parts, a depth of a hundred, or an endless header, and keeps what it has seen', async () => {
    const part = ['--b', ...pdf('Content-Type: a/b; name=a.pdf')]
    const tooMany = await find(...multipart, ...Array.from({ length: 10_000 }, () => part).flat(), '--b--')
    assert.deepEqual([tooMany.status, tooMany.parts, tooMany.attachments.length], ['too-complex', 1001, 999])
    const deep = Array.from({ length: 10_000 }, (_, depth) => [
      `Content-Type: multipart/mixed; boundary=b${depth}`,
      '',
      `--b${depth}`,
    ])
    assert.equal((await find(...deep.flat())).status, 'too-complex')
    const messages = Array.from({ length: 10_000 }, () => ['Content-Type: message/rfc822', ''])
    assert.equal((await find(...messages.flat())).status, 'too-complex')
    assert.equal((await withParts(pdf(`Content-Type: a/b; name="${'a'.repeat(MiB)}"`))).status, 'too-complex')
    const continuations = (count: number) => Array.from({ length: count }, (_, index) => `\r\n name*${index}*=%61;`).join('')
    assert.equal((await withParts(pdf(`Content-Type: a/b;${continuations(10_000)}`))).status, 'too-complex')
    const [attachment] = (await withParts(pdf(`Content-Type: a/b;${continuations(5000)}`))).attachments
    assert.equal(attachment?.name.length, 255)
  })

  it('gives up on messages that are encoded within each other, and on a boundary that cannot be read', async () => {
    const header = ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '']
    const nested = (depth: number): Buffer => wire(depth === 0 ? ['', 'x'] : [...header, base64(nested(depth - 1))])
    assert.equal((await find(nested(3))).status, 'parsed')
    assert.equal((await find(nested(4))).status, 'too-complex')
    assert.equal(
      (await find(Buffer.from('Content-Type: multipart/mixed; boundary="\xff"\r\n', 'latin1'), '')).status,
      'too-complex',
    )
  })

  it('reads a megabyte of empty lines, dashes or escapes within a blink', async () => {
    for (const filling of ['\r\n', '--\r\n', '=41', '=', 'A=', '-']) {
      for (const encoding of ['8bit', 'base64', 'quoted-printable']) {
        const started = cpuMs()
        const part = ['Content-Type: a/b', `Content-Transfer-Encoding: ${encoding}`, '', Buffer.alloc(MiB, filling)]
        assert.equal((await withParts(part)).status, 'parsed')
        assert.ok(cpuMs() - started < 2000, `${encoding} ${JSON.stringify(filling)}`)
      }
    }
  })

  it('does not read what is beyond 50 MB, nor for anybody who waits no longer', async () => {
    const message = { ...new MemoryMessage(), size: 51 * MiB, fields: [], header: () => undefined, chunks: () => [] }
    assert.equal((await findFact(mime, { message })).status, 'too-big')
    const look = { signal: AbortSignal.abort(new Error('too late')) } as Parameters<typeof mime.find>[1] // All that it looks at.
    const known = { message: new MemoryMessage(wire(['x'])) } as unknown as Parameters<typeof mime.find>[0]
    await assert.rejects(async () => mime.find(known, look), /too late/)
  })

  const corpora = join(import.meta.dirname, '../../../shared/corpora/mime')
  it('reads every message of the corpora', { skip: !existsSync(corpora) && 'there are no corpora' }, async () => {
    const files = globSync('**/*.eml', { cwd: corpora })
    for (const file of files) {
      const { status, parts } = await findFact(mime, { message: new MemoryMessage(readFileSync(join(corpora, file))) })
      assert.ok(status !== 'too-big' && parts > 0, file)
    }
  })
})

function read(message: Buffer, size: number) {
  const reading = new Reading()
  const reader = new PartReader(reading)
  for (let start = 0; start < message.length; start += size) reader.push(message.subarray(start, start + size))
  reader.end()
  return { attachments: reading.attachments, parts: reading.parts }
}
