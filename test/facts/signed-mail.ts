import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { ed25519Key, keyRecord, rsaKey, seconds, signed, writtenAt } from './signing.ts'

const keys: Readonly<Record<Algorithm, KeyObject>> = { 'rsa-sha256': rsaKey(1024), 'ed25519-sha256': ed25519Key() }
type Algorithm = 'rsa-sha256' | 'ed25519-sha256'

const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: rare })

const value = fc
  .array(fc.constantFrom('word', ' ', '  ', '\t', '\r\n ', '\r\n\t', ';', ':', 'b=', '\u00e9', '\u00a0', '"'), { maxLength: 8 })
  .map(parts => parts.join(''))
const name = fc.constantFrom('To', 'Subject', 'SUBJECT', 'X-Other', 'subject ', 'Date', 'Received')
const author = rarely(
  fc.constantFrom(
    'ann@sender.example',
    'Ann <ann@sender.example>',
    '"Ann A" <ann@sender.example>',
    '"Ann, A (b): c;" <ann@sender.example>',
    '", ":"" <ann@sender.example>',
    '" , "<ann@sender.example>',
    '<ann@sender.example>',
    'Ann\u00e9 <Ann.O+x@Sender.Example>',
    '=?utf-8?q?J=C3=A9?=\r\n <j@sender.example>',
  ),
  fc.constantFrom(
    '"Ann, A." <ann@sender.example>',
    'Ann <ann@sender.example>, bob@sender.example',
    'Ann (a@b.example) <ann@sender.example>',
    'ann',
    'ann@sender.example.',
    '"ann\t<b@c.example> "<ann@sender.example>',
    'a@b.example <ann@sender.example>',
  ),
)
const header = fc
  .tuple(author, fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.nat())
  .map(([from, others, at]) =>
    others.map(([field, text]) => `${field}: ${text}`).toSpliced(at % (others.length + 1), 0, `From: ${from}`),
  )
const body = fc
  .array(fc.constantFrom('word', ' ', '  ', '\t', '\r\n', '\r\n', '\r\n\r\n', '\u00e9', '.'), { maxLength: 12 })
  .map(parts => parts.join(''))

const tags = fc
  .record({
    c: rarely(
      fc.constantFrom('simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed', 'relaxed', 'simple', undefined),
      fc.constantFrom('Relaxed/Relaxed', 'relaxed/', '', 'nowsp', 'relaxed / simple'),
    ),
    h: rarely(
      fc.constantFrom(
        'From:To:Subject',
        'from : subject : to',
        'From:From:Subject:Subject',
        'From:X-None:\r\n\tX-Other:To:Date',
        'From',
      ),
      fc.constantFrom('To:Subject', '', 'From::To', 'From:DKIM-Signature', 'Fr om'),
    ),
    d: rarely(
      fc.constantFrom('sender.example', 'Sender.Example'),
      fc.constantFrom('example', 'sender..example', 'a_b.example', ''),
    ),
    s: rarely(fc.constant('s'), fc.constantFrom('t.u', 's_1', '-', '')),
    i: rarely(
      fc.constantFrom('@sender.example', 'ann@Sender.Example', 'ann.b@mail.sender.example'),
      fc.constantFrom('@other.example', 'ann', '"a b"@sender.example', 'a=40b@sender.example', '@', ''),
    ),
    t: rarely(
      fc.constantFrom(seconds(writtenAt), seconds(writtenAt, -900)),
      fc.constantFrom('', 'x', '-1', '1e3', '9999999999999'),
    ),
    x: rarely(fc.constantFrom(seconds(writtenAt, 60), seconds(writtenAt, -60)), fc.constantFrom('1', 'never')),
    q: rarely(fc.constant('dns/txt'), fc.constantFrom('dns/txt:http', 'DNS/TXT', 'http', '')),
    z: fc.constantFrom('From:a=40b|b=c', 'b'),
    l: fc.constantFrom('0', '3', '999', 'x'),
    v: fc.constantFrom('2', ' 1', '01'),
    n: fc.constantFrom('\u00e9', '\u00a0', 'a b', '\r\n\t', '\x01'),
    B: fc.constant('1'),
    constructor: fc.constant('1'),
    '1x': fc.constant('1'),
  })
  .chain(all => {
    const [likely, unlikely] = [
      ['d', 's', 'i', 't', 'x', 'q', 'z'],
      ['l', 'v', 'n', 'B', 'constructor', '1x'],
    ]
    const some = (names: string[], maxLength: number) => fc.subarray(names, { maxLength })
    const chosen = fc.tuple(some(likely, 4), rarely(fc.constant<string[]>([]), some(unlikely, 1)))
    return chosen.map(names => pick(all, ['c', 'h', ...names.flat()]))
  })

function pick(all: object, chosen: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(all).filter(([tag]) => chosen.includes(tag)))
}

const record = (algorithm: Algorithm) =>
  rarely(
    fc
      .constantFrom('', 't=y; ', 't=s; ', 't=y:s; ', 's=email; ', 'h=sha1:sha256; ')
      .map(options => keyRecord(keys[algorithm], options)),
    fc.constantFrom(
      'ESERVFAIL',
      'ENOTFOUND',
      'v=DKIM1; p=',
      'v=DKIM1; p=AAAA',
      'no record',
      keyRecord(rsaKey(512)),
      keyRecord(keys['ed25519-sha256']),
      keyRecord(keys['rsa-sha256']),
      keyRecord(keys[algorithm], 'h=sha1; '),
      keyRecord(keys[algorithm], 's=other; '),
      `${keyRecord(keys[algorithm])}; p=again`,
      keyRecord(keys[algorithm]).replace('DKIM1', 'DKIM2'),
      keyRecord(keys[algorithm]).replace('v=DKIM1; ', ''),
    ),
  )

/** What happens to a message on its way. `$` stands for any place. */
type Damage = (content: string, at: number) => string
const insert =
  (text: string): Damage =>
  (content, at) =>
    content.slice(0, at % content.length) + text + content.slice(at % content.length)
const damages: readonly Damage[] = [
  ...[' ', '\t', '\r', '\n', '\r\n', '\r\n ', ';', '=', ':', 'x', '\u00e9', '\0'].map(insert),
  (content, at) => content.slice(0, at % content.length) + content.slice((at % content.length) + 1),
  content => content.replaceAll('\r\n', '\n'),
  content => content.replace('Subject:', 'SUBJECT :\r\n '),
  content => content.slice(0, -2),
  content => content.slice(0, content.indexOf('\r\n\r\n')),
  content => `${content}\r\n\r\n`,
  content => `From: eve@evil.example\r\n${content}`,
  content => ` ${content}`,
  content => content.replace('DKIM-Signature:', 'dkim-signature\r\n :'),
  content => content.replace(/b=([^;]*)$/m, ' b = $1 ;'),
  content => content.replace('rsa-sha256', 'rsa-sha1'),
  content => content.replace('rsa-sha256', 'RSA-SHA256'),
  content => `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AAAA\r\n${content}`,
]
const damage = fc.oneof(
  { weight: 1, arbitrary: fc.constant((content: string) => content) },
  { weight: 1, arbitrary: fc.constantFrom(...damages) },
)

const signature = fc
  .constantFrom<Algorithm>('rsa-sha256', 'ed25519-sha256')
  .chain(algorithm => fc.tuple(fc.constant(algorithm), tags, record(algorithm)))

/** A message, signed or not, after whatever has become of it; and the keys that the DNS has. */
interface SignedMail {
  readonly content: Buffer
  /** An error code stands for what the DNS answers instead. */
  readonly records: Readonly<Record<string, string>>
}

/** Mail with everything that a signature may be, and may meet with. About half of it is usual. */
export const signedMail: fc.Arbitrary<SignedMail> = fc
  .record({ header, body, signatures: fc.array(signature, { maxLength: 3 }), damage, at: fc.nat() })
  .map(({ header, body, signatures, damage, at }) => {
    const records: Record<string, string> = {}
    const letter = `${header.join('\r\n')}\r\n\r\n${body}`
    const content = signatures.reduce((text, [algorithm, tags, record], n) => {
      const { d = 'sender.example', s = `s${n}` } = tags
      records[`${s}._domainkey.${d}`.toLowerCase()] = record
      return signed(text, { key: keys[algorithm], tags: { a: algorithm, s, ...tags } })
    }, letter)
    return { content: Buffer.from(damage(content, at), 'latin1'), records }
  })
