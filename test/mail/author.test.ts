import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cpuMs } from '../../fixtures/cpu-time.ts'
import { formatAddress, parseAddress } from '../../src/mail/address.ts'
import { parseAuthors } from '../../src/mail/author.ts'

const espoofer = join(import.meta.dirname, '../../../shared/corpora/smtp/espoofer.json')

function read(value: string): string {
  const { addresses, isAmbiguous } = parseAuthors(value)
  return [...addresses.map(formatAddress), ...(isAmbiguous ? ['?'] : [])].join(' ')
}

describe('authors', () => {
  it('are found in all that RFC 5322 allows, and there is no doubt about them', () => {
    const clear: Readonly<Record<string, string>> = {
      'ann@sender.example': 'ann@sender.example',
      'Ann <ann@sender.example>': 'ann@sender.example',
      '<ann@sender.example>': 'ann@sender.example',
      '"Ann, of Example" <ann@Sender.Example>': 'ann@sender.example',
      '"a \\"quoted\\" name" <ann@sender.example>': 'ann@sender.example',
      'ann@sender.example (Ann)': 'ann@sender.example',
      'ann@sender.example (Ann (the (nested) one) \\) here)': 'ann@sender.example',
      '(first) Ann (second) <ann@sender.example(third)> (fourth)': 'ann@sender.example',
      'ann@sender.example, Bob <bob@other.example>': 'ann@sender.example bob@other.example',
      ',, ann@sender.example , ,': 'ann@sender.example',
      'All of us: ann@sender.example, bob@sender.example;': 'ann@sender.example bob@sender.example',
      '"ann at home"@sender.example': '"ann at home"@sender.example',
      '"<eve@evil.example>" <ann@sender.example>': 'ann@sender.example',
      '=?utf-8?q?J=C3=B6rg?= <ann@sender.example>': 'ann@sender.example',
      'J\u00f6rg <j\u00f6rg@b\u00fccher.example>': 'j\u00f6rg@xn--bcher-kva.example',
      'Ann <ann@[192.0.2.1]>': 'ann@[192.0.2.1]',
      'Ann O\u2019Neill :) <ann@sender.example>': 'ann@sender.example',
      'ann@sender.example <ann@sender.example>': 'ann@sender.example',
      "Ann O\\'Neill <ann@sender.example>": 'ann@sender.example',
      'Ann @ Example <ann@sender.example>': 'ann@sender.example',
      'Ann (ann@mail.sender.example) <ann@sender.example>': 'ann@sender.example',
      'Ann (says "hello") <ann@sender.example>': 'ann@sender.example',
    }
    for (const [value, expected] of Object.entries(clear)) assert.equal(read(value), expected, value)
  })

  it('are in doubt when a local part is made to be shown as an address', () => {
    assert.equal(parseAuthors('=?utf-8?Q?service=40bank.example=00?=@evil.example').isAmbiguous, true)
    assert.equal(parseAuthors('"service@bank.example>"@evil.example').isAmbiguous, true)
  })

  it('are in doubt when programs might see different ones', () => {
    const doubtful: Readonly<Record<string, string>> = {
      '': '?',
      Ann: '?',
      '<>': '?',
      'undisclosed-recipients:;': '?',
      'Example, Inc. <ann@sender.example>': 'ann@sender.example ?',
      'ann@sender.example <eve@evil.example>': 'eve@evil.example ?',
      'Ann (ann@sender.example) <eve@evil.example>': 'eve@evil.example ?',
      '<ann@sender.example> <eve@evil.example>': 'ann@sender.example eve@evil.example ?',
      '<ann@sender.example>eve@evil.example': 'ann@sender.example eve@evil.example ?',
      'Ann <ann@sender.example> or eve@evil.example': 'ann@sender.example eve@evil.example ?',
      'Ann <ann@sender.example> Bob': 'ann@sender.example ?',
      '<@evil.example:ann@sender.example>': 'ann@sender.example ?',
      '<@a.example,@b.example:ann@sender.example>': 'ann@sender.example ?',
      'ann@sender.example: eve@evil.example;': 'eve@evil.example ?',
      '<ann@sender.example>: eve@evil.example;': 'eve@evil.example ?',
      'ann@sender.example(.evil.example)': 'ann@sender.example',
      'ann@sender(.evil).example': '?',
      'ann(eve)@sender.example': '?',
      'ann@sender.example@evil.example': '?',
      'ann @ sender.example': '?',
      'ann@sender.example.': '?',
      'ann@sender..example': '?',
      '"ann@sender.example': '?',
      'Ann" <ann@sender.example>': 'ann@sender.example ?',
      '"a" "b <ann@sender.example>': 'ann@sender.example ?',
      'Ann <ann@sender.example': '?',
      'ann@sender.example (Ann': 'ann@sender.example ?',
      'Ann <ann@sender.example> (': 'ann@sender.example ?',
      'Ann <<ann@sender.example>>': '?',
      '<ann@sender.example\\>': '?',
      'Ann <ann@sender.example>\\': 'ann@sender.example ?',
      'ann@sender.example, (<eve@evil.example>)': 'ann@sender.example ?',
      'Ann \\(<ann@sender.example>': 'ann@sender.example ?',
      'ann@sender.example\0eve@evil.example': '?',
      'Ann <ann@sender.example>\x07': 'ann@sender.example ?',
      '=?utf-8?B?PGFubkBzZW5kZXIuZXhhbXBsZT4=?=': '?',
      '=?utf-8?B?PGFubkBzZW5kZXIuZXhhbXBsZT4=?=, <eve@evil.example>': 'eve@evil.example ?',
      '(" ) <ann@sender.example>, ( ") <eve@evil.example>': 'ann@sender.example eve@evil.example ?',
      'Ann (") <ann@sender.example> (") <eve@evil.example>': 'ann@sender.example eve@evil.example ?',
      [`${'a'.repeat(16_384)}@sender.example`]: '?',
      [`${'ann@sender.example,'.repeat(1000)}`]: '?',
    }
    for (const [value, expected] of Object.entries(doubtful)) assert.equal(read(value), expected, value.slice(0, 80))
  })

  it('of the From fields of espoofer are all found, or there is doubt', { skip: corpus() ? false : `needs ${espoofer}` }, () => {
    for (const { id, value } of corpus() ?? []) {
      const { addresses, isAmbiguous } = parseAuthors(value)
      const isSeen = addresses.some(({ domain }) => domain.endsWith('legitimate.com'))
      assert.ok(isSeen || isAmbiguous || !value.includes('legitimate'), `${id}: ${value}`)
      assert.ok(addresses.length > 0 || isAmbiguous, `${id}: ${value}`)
    }
  })

  const atom = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}$/)
  const domain = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 2, maxLength: 3 }).map(labels => labels.join('.'))
  const quotedText = fc.string({
    maxLength: 10,
    unit: fc.constantFrom('a', ' ', ',', '<', '>', '@', '(', ')', ';', ':', '\\"', '\\\\'),
  })
  const local = fc.oneof(
    fc.array(atom, { minLength: 1, maxLength: 3 }).map(atoms => atoms.join('.')),
    quotedText.map(text => `"${text}"`),
  )
  const address = fc
    .tuple(local, domain)
    .map(([local, domain]) => `${local}@${domain}`)
    .filter(text => parseAddress(text) !== undefined)
  const comment = fc
    .string({ maxLength: 8, unit: fc.constantFrom('a', ' ', ',', '<', '>', ';', ':', '\\(', '\\)', '\\"', '()') })
    .map(text => `(${text})`)
  const space = fc.oneof(
    fc.constantFrom('', ' ', '\t'),
    comment.map(text => ` ${text} `),
  )
  const name = fc.oneof(
    fc.constant(''),
    fc.stringMatching(/^[A-Za-z ]{1,12}$/),
    quotedText.map(text => `"${text}"`),
  )
  const mailbox = fc.oneof(
    fc.tuple(space, address, space).map(([before, address, after]) => ({ text: before + address + after, address })),
    fc
      .tuple(name, space, address, space)
      .map(([name, between, address, after]) => ({ text: `${name}${between}<${address}>${after}`, address })),
  )

  it('of any well-formed list are exactly those in it', () => {
    fc.assert(
      fc.property(fc.array(mailbox, { minLength: 1, maxLength: 5 }), fc.constantFrom(',', ', ', ' ,, '), (mailboxes, comma) => {
        const value = mailboxes.map(({ text }) => text).join(comma)
        const expected = mailboxes.map(({ address }) => formatAddress(parseAddress(address) ?? null))
        assert.deepEqual(parseAuthors(value).addresses.map(formatAddress), [...expected], value)
      }),
    )
  })

  it('of any text are addresses, or none; it never throws', () => {
    const odd = fc.string({ maxLength: 60, unit: fc.constantFrom(...'ab@.,:;<>()"\\ \t\u00e9\0[]=?') })
    fc.assert(
      fc.property(fc.oneof(odd, fc.string({ unit: 'binary' })), value => {
        const { addresses, isAmbiguous } = parseAuthors(value)
        assert.ok(addresses.every(address => parseAddress(formatAddress(address)) !== undefined))
        assert.ok(addresses.length > 0 || isAmbiguous)
      }),
      { numRuns: 500 },
    )
  })

  it('are read in linear time, whatever 16 KB of it look like', () => {
    const pieces = [
      '(',
      ')',
      '<',
      '>',
      '<>',
      '"',
      '\\"',
      '"\\',
      '"\\"\\',
      ',',
      ';',
      ':',
      '@',
      '\\',
      'a@b ',
      'a@b,',
      '()',
      '("',
      '")',
      '(")',
      '<(',
      'x(y',
      '<@a:',
      'a'.repeat(63),
      '\u00e9@',
      '"a@b" ',
      '("\\")',
    ]
    for (const piece of pieces) {
      const value = piece.repeat(Math.floor(16_384 / piece.length))
      const started = cpuMs()
      for (let round = 0; round < 3; round++) parseAuthors(value)
      assert.ok(cpuMs() - started < 300, piece)
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }), parts => {
        const value = parts.join('').repeat(16_384).slice(0, 16_384)
        const started = cpuMs()
        parseAuthors(value)
        assert.ok(cpuMs() - started < 150, parts.join(''))
      }),
      { numRuns: 60 },
    )
  })
})

/** The values of From in the corpus, unfolded. */
function corpus(): { readonly id: string; readonly value: string }[] | undefined {
  try {
    const lists = Object.values(JSON.parse(readFileSync(espoofer, 'utf8'))).filter(Array.isArray)
    return lists.flat().flatMap(({ id, message_b64 }) => {
      const header = Buffer.from(message_b64, 'base64')
        .toString()
        .replaceAll(/\r?\n[ \t]/g, ' ')
      return [...header.matchAll(/^From[ \t]*:(.*)$/gim)].map(match => ({ id, value: (match[1] ?? '').trim() }))
    })
  } catch {
    return undefined
  }
}
