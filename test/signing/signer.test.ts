import assert from 'node:assert/strict'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { dkim } from '../../src/facts/index.ts'
import { MemoryMessage, type Message } from '../../src/mail/message.ts'
import { Signer, type SigningNews } from '../../src/signing/signer.ts'
import type { SigningKey } from '../../src/signing/signing-key.ts'
import { FileMessage } from '../../src/smtp/file-message.ts'
import { find, letter, messageOf } from '../facts/authentication.ts'
import { compareOne } from '../facts/by-mailauth.ts'
import { writtenAt } from '../facts/signing.ts'
import { bytesOf } from './bytes-of.ts'
import { bothKeys, zoneWith } from './keys.ts'

const keys = bothKeys('sender.example')
const zone = zoneWith(keys)
const records = Object.fromEntries(Object.entries(zone).map(([name, entry]) => [name, (entry as { TXT: string[] }).TXT[0] ?? '']))

function signer({ maySign, of = keys }: { maySign?: (key: SigningKey) => boolean; of?: readonly SigningKey[] } = {}) {
  const news: SigningNews[] = []
  const made = new Signer({ keys: of, maySign: maySign ?? (() => true), now: () => writtenAt, report: each => news.push(each) })
  return { news, sign: (content: string | Message) => made.sign(typeof content === 'string' ? messageOf(content) : content) }
}

const resultsOf = async (message: Message) => (await find(dkim, { message }, zone)).map(({ result }) => result)

describe('what we sign', () => {
  it('verifies by both keys, and nothing below the signatures has changed', async () => {
    const { sign, news } = signer()
    const message = await sign(letter)
    const bytes = await bytesOf(message)
    assert.deepEqual(news, [{ result: 'signed' }])
    assert.ok(bytes.toString('latin1').endsWith(letter))
    assert.equal(message.size, bytes.length)
    const found = await find(dkim, { message }, zone)
    const about = found.map(({ result, domain, selector, algorithm }) => ({ result, domain, selector, algorithm }))
    assert.deepEqual(about, [
      { result: 'pass', domain: 'sender.example', selector: 'r', algorithm: 'rsa-sha256' },
      { result: 'pass', domain: 'sender.example', selector: 'e', algorithm: 'ed25519-sha256' },
    ])
  })

  const value = fc
    .array(fc.constantFrom('word', ' ', '  ', '\t', '\r\n ', '\r\n\t', ';', ':', 'b=', '\u00e9', '\u00a0', '"', '\0'), {
      maxLength: 8,
    })
    .map(parts => parts.join(''))
  const name = fc.constantFrom(
    'To',
    'SUBJECT',
    'subject ',
    'Date',
    'X-Other',
    'Received',
    'List-Unsubscribe',
    'Reply-To',
    'DKIM-Signature',
  )
  const author = fc.constantFrom(
    'ann@sender.example',
    '\r\n\t"Ann A"\r\n <ann@sender.example> ',
    'Ann\u00e9 <Ann.O+x@Sender.Example>',
    'ann@sender.example, bob@sender.example',
  )
  const piece = fc.constantFrom('word', ' ', '  ', '\t', '\r\n', '\r\n\r\n', ' \r\n', '\u00e9', '.', '\0')
  const body = fc.array(piece, { maxLength: 12 }).map(parts => parts.join(''))
  const mail = fc
    .tuple(author, fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.nat(), fc.option(body))
    .map(([from, others, at, body]) => {
      const lines = others.map(([field, text]) => `${field}: ${text}\r\n`)
      const header = lines.toSpliced(at % (lines.length + 1), 0, `From: ${from}\r\n`).join('')
      return body === null ? header : `${header}\r\n${body}`
    })

  it('verifies by ourselves and by mailauth alike, whatever the message', async () => {
    await fc.assert(
      fc.asyncProperty(mail, fc.array(fc.nat(), { maxLength: 3 }), async (content, cuts) => {
        const { sign, news } = signer()
        const signed = await bytesOf(await sign(content))
        assert.deepEqual(news, [{ result: 'signed' }])
        const { passed } = await compareOne({ content: signed, records, cuts, now: writtenAt })
        assert.equal(passed, 2)
      }),
      { numRuns: 300 },
    )
  })

  it('has lines of at most 78 characters', async () => {
    const signed = await bytesOf(await signer().sign(letter))
    const header = signed.toString('latin1').slice(0, -letter.length)
    assert.deepEqual(
      header.split('\r\n').filter(line => line.length > 78),
      [],
    )
  })
})

describe('a signature is broken', () => {
  for (const added of ['From', 'To', 'Cc', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type']) {
    it(`by a ${added} that was added on top, or at the end of the header`, async () => {
      const signed = (await bytesOf(await signer().sign(letter))).toString('latin1')
      for (const changed of [
        `${added}: x@other.example\r\n${signed}`,
        signed.replace('\r\n\r\n', `\r\n${added}: x@other.example\r\n\r\n`),
      ]) {
        assert.deepEqual(await resultsOf(messageOf(changed)), ['fail', 'fail'])
      }
    })
  }

  const full = `${letter.slice(0, letter.indexOf('\r\n\r\n'))}\r
Cc: c@other.example\r
MIME-Version: 1.0\r
Content-Type: text/plain\r
Content-Transfer-Encoding: 7bit\r
Reply-To: ann@sender.example\r
In-Reply-To: <0@x.example>\r
References: <0@x.example>\r
List-Unsubscribe: <https://sender.example/u>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
\r
Hello\r
`
  for (const line of full.split('\r\n').filter(Boolean)) {
    it(`by a byte of "${line}"`, async () => {
      const signed = (await bytesOf(await signer().sign(full))).toString('latin1')
      const at = signed.lastIndexOf(`${line}\r\n`) + line.length - 1
      const changed = `${signed.slice(0, at)}${signed[at] === '~' ? '!' : '~'}${signed.slice(at + 1)}`
      assert.deepEqual(await resultsOf(messageOf(changed)), ['fail', 'fail'])
    })
  }

  it('but not by white space that was folded anew, by another order of the fields, or by what is added on the way', async () => {
    const signed = (await bytesOf(await signer().sign(full))).toString('latin1')
    const changed = `Received: by x\r\n${signed
      .replace('Subject: hello\r\n', '')
      .replace(
        '\r\n\r\nHello',
        '\r\nList-Id: <l.example>\r\nSender: l@l.example\r\nSUBJECT:\r\n\thello \r\n\r\nHello  ',
      )}\r\n\r\n`
    assert.deepEqual(await resultsOf(messageOf(changed)), ['pass', 'pass'])
  })
})

describe('the key', () => {
  it('is that of the author’s domain, or of the closest one above it', async () => {
    const below = bothKeys('mail.sender.example')
    const { sign } = signer({ of: [...keys, ...below] })
    const domains: Record<string, string> = {
      'mail.sender.example': 'mail.sender.example',
      'a.mail.sender.example': 'mail.sender.example',
      'news.sender.example': 'sender.example',
      'SENDER.example': 'sender.example',
    }
    for (const [author, expected] of Object.entries(domains)) {
      const message = await sign(letter.replace('ann@sender.example', `ann@${author}`))
      const found = await find(dkim, { message }, zoneWith([...keys, ...below]))
      assert.deepEqual(
        found.map(({ result, domain }) => `${result} ${domain}`),
        [`pass ${expected}`, `pass ${expected}`],
      )
    }
  })

  it('does not sign for others', async () => {
    const { sign, news } = signer()
    const others = [
      'ann@other.example',
      'ann@notsender.example',
      'ann@example',
      'ann@sender.example, b@other.example',
      'ann',
      '',
      '<>',
    ]
    for (const author of others) {
      const content = letter.replace('Ann <ann@sender.example>', author)
      assert.equal((await bytesOf(await sign(content))).toString('latin1'), content)
    }
    assert.deepEqual(
      news.map(({ result }) => result),
      others.map(() => 'unsigned'),
    )
  })

  it('does not sign a message with two From fields, or with one that can be read in two ways', async () => {
    const { sign, news } = signer()
    await sign(`From: ann@sender.example\r\n${letter}`)
    await sign(letter.replace('Ann <', '"ann@other.example" <ann@other.example> <'))
    assert.deepEqual(news, Array(2).fill({ result: 'unsigned', why: 'it does not have one author' }))
  })

  it('that may not be used leaves the work to the other', async () => {
    const { sign } = signer({ maySign: key => key.selector === 'e' })
    const found = await find(dkim, { message: await sign(letter) }, zone)
    assert.deepEqual(
      found.map(({ result, selector }) => `${result} ${selector}`),
      ['pass e'],
    )
    const none = signer({ maySign: () => false })
    await none.sign(letter)
    assert.deepEqual(none.news, [{ result: 'unsigned', why: 'no key for sender.example is published as it must be' }])
  })
})

it('what others might read in another way is not signed', async () => {
  const { sign, news } = signer()
  await sign(letter.replace('hello\r\n', 'hello\n'))
  await sign(`${letter.replace('\r\n\r\n', `\r\nX: ${'y'.repeat(300_000)}\r\n\r\n`)}`)
  await sign(`${'To: a@b.example\r\n'.repeat(200)}${letter}`)
  assert.deepEqual(
    news.map(each => 'why' in each && each.why),
    [
      'its header has lines that do not end with CRLF, or does not begin with a field',
      'its header is too long',
      'its header repeats fields',
    ],
  )
})

it('a large message in a file is signed as it lies there', async t => {
  const path = join(tmpdir(), `postern-signing-${process.pid}`)
  const file = await open(path, 'w+')
  t.after(() => file.close())
  await rm(path)
  const content = Buffer.from(letter + 'Text, and  more of it. \r\n'.repeat(400_000))
  await file.write(content)
  const message = new FileMessage(file, { size: content.length, head: [content.subarray(0, 4096)] })
  const signed = await signer().sign(message)
  assert.equal(signed.header('From'), 'Ann <ann@sender.example>')
  const bytes = await bytesOf(signed)
  assert.deepEqual(bytes.subarray(-content.length), content)
  assert.deepEqual(await resultsOf(new MemoryMessage(bytes)), ['pass', 'pass'])
})
