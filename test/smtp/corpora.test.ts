import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isLocalPart, parseAddress } from '../../src/mail/address.ts'
import { parseHelo } from '../../src/smtp/helo-name.ts'
import { readMail, readRcpt } from '../../src/smtp/mail-command.ts'

function corpus(name: string): string {
  return readFileSync(new URL(`../../fixtures/corpora/smtp/${name}`, import.meta.url), 'utf8')
}

interface CommandCase {
  readonly line: string
  readonly ok: boolean
}

/** Where those parsers are more lenient than we are, or know extensions that we do not offer. */
const weRefuse: [RegExp, string][] = [
  [/^MAIL {2}FROM : /, 'spaces in the words of the command'],
  [/^MAIL FROM:<postmaster>/, 'a sender needs a domain (RFC 5321, 4.1.2)'],
  [/^(?:MAIL FROM|RCPT TO): ?[^ <]/, 'an address without brackets'],
  [/^RCPT TO:<> ?/, 'a recipient that is none'],
  [/ (?:BY|HOLDUNTIL|RET|ENVID|SOLICIT|MTRK|AUTH|somekey)\b/, 'a parameter of an extension that we do not offer'],
]

function isTaken(line: string): boolean {
  const options = { messageBytes: 1_000_000, smtputf8: true }
  if (/^MAIL/i.test(line)) return !('code' in readMail(line, options))
  if (/^RCPT/i.test(line)) return !('code' in readRcpt(line, options))
  return parseHelo(line) !== undefined
}

describe('corpora', () => {
  const commands: readonly CommandCase[] = JSON.parse(corpus('commands.json'))
  const ours = commands.filter(({ line }) => /^(?:MAIL|RCPT|EHLO|HELO)\b/i.test(line))

  for (const { line, ok } of ours) {
    const difference = ok ? weRefuse.find(([pattern]) => pattern.test(line)) : undefined
    it(`${ok && !difference ? 'takes' : 'refuses'} ${line}${difference ? `: ${difference[1]}` : ''}`, () => {
      assert.equal(isTaken(line), ok && !difference)
    })
  }

  it('agrees with mox about addresses', () => {
    const { cases } = JSON.parse(corpus('addresses-mox.json'))
    for (const { kind, value, valid } of cases) {
      assert.equal(kind === 'localpart' ? isLocalPart(value) : parseAddress(value) !== undefined, valid, JSON.stringify(value))
    }
  })

  it('agrees with isemail about what is an address in SMTP', () => {
    const valid = ['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN', 'ISEMAIL_RFC5321']
    const tests = [...corpus('isemail-tests.xml').matchAll(/<test id="\d+">.*?<\/test>/gs)].map(([test]) => test)
    assert.equal(tests.length, 82)
    for (const test of tests) {
      const address = plain(element(test, 'address'))
      assert.equal(parseAddress(address) !== undefined, valid.includes(element(test, 'category')), address)
    }
  })
})

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1] ?? ''
}

/** The corpus writes control characters as their pictures. */
function plain(xml: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return xml
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '')
    .replace(/[\u2400-\u2421]/g, picture => String.fromCharCode(picture.charCodeAt(0) - 0x2400))
}
