import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trouble } from './reading.ts'

/** What is refused when it is loaded, with the character at which it is wrong. */
const refused: Readonly<Record<string, string>> = {
  'facts.spf.reslt == "pass"': '10: expected a field of facts.spf, found "reslt"',
  'facts.sfp.result == "pass"': '6: expected a field of facts, found "sfp"',
  'fcats.spf.result == "pass"': '0: expected a known name, found "fcats"',
  'facts.spf.result.length == 4': '17: expected no field of facts.spf.result, which has none, found "length"',
  'facts.spf.result == 3': '0: expected types that go together, found "facts.spf.result == 3" (no such overload: string == int)',
  'facts.spf.result == "passs"': '20: expected a value that it can have, found "passs"',
  'facts.spf.result in ["fail", "sotfail"]': '29: expected a value that it can have, found "sotfail"',
  '"dkm" in facts.dmarc.alignedBy': '0: expected a value that it can have, found "dkm"',
  'facts.spf.result': '0: expected an expression that is true or false, found one that is string',
  'message.size + 1': '0: expected an expression that is true or false, found one that is int',
  'facts.spf.result == "pass" &&': '29: expected an expression in CEL, found its end (unexpected token: EOF)',
  '(facts.spf.result == "pass"': '27: expected an expression in CEL, found its end (expected RPAREN, got EOF)',
  'facts.spf.result == "pass': '20: expected an expression in CEL, found "\\"pass" (unterminated string)',
  'facts.spf.result = "pass"': '17: expected an expression in CEL, found "=" (unexpected character: =)',
  '': '0: expected an expression in CEL, found its end (unexpected token: EOF)',
  'facts.spf.result.matches("(a+)+$")': '17: expected regex(), whose time is linear, found "matches"',
  'matches(session.helo, "x")': '0: expected regex(), whose time is linear, found "matches"',
  'session.helo.regex("(")': '19: expected a regular expression that RE2 can read, found "(" (missing closing ): `(`)',
  'session.helo.regex(sender.domain)': '19: expected text in quotes, such as "^mail[0-9]", found sender.domain',
  'session.client.ip.inNetwork("192.0.2.0/33")':
    '28: expected an address, or a network such as 192.0.2.0/24, found "192.0.2.0/33"',
  'sender.domain.inDomain("*.example.org")':
    '23: expected a domain, which stands for itself and all below it, found "*.example.org"',
  'facts.reverseDns.pattern == "dynamic"':
    '17: expected has(facts.reverseDns.pattern) && before it, since it may be absent, found "pattern"',
  'lookup("x")': '0: expected a known function, found "lookup"',
  'session.helo.split("").size() > 1': '13: expected a known function, found "split"',
  'bytes("x").json() == 1': '11: expected a known function, found "json"',
  '{"a": 1}.a == 1': '0: expected no mapping: a list is written [1, 2], found {"a":1}',
  'facts.dkim == facts.dkim': '0: expected text, a number or a boolean beside ==, found facts.dkim, which is a list',
  'facts["spf"].result == "pass"': '0: expected brackets behind a list only, found facts["spf"]',
}

/** What every object of JavaScript has. */
const tricks = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf']

describe('an expression is refused', () => {
  for (const [text, told] of Object.entries(refused)) {
    it(text === '' ? 'when it is empty' : text, () => assert.equal(trouble(text), told))
  }

  it('when it asks for what every object has', () => {
    for (const name of tricks) {
      for (const owner of ['facts', 'facts.spf', 'session', 'sender', 'facts.dkim[0]']) {
        assert.match(trouble(`${owner}.${name} == "x"`) ?? '', /^\d+: expected (?:a field of|an expression)/)
        assert.match(trouble(`has(${owner}.${name})`) ?? '', /^\d+: expected (?:a field of|an expression)/)
      }
      assert.match(trouble(`${name} == "x"`) ?? '', /^0: expected (?:a known name|an expression)/)
      assert.match(trouble(`facts["${name}"] == "x"`) ?? '', /^0: expected brackets/)
      assert.match(trouble(`session.helo.${name}() == "x"`) ?? '', /^\d+: expected (?:a known function|an expression)/)
      assert.match(trouble(`[session][0].${name} == "x"`) ?? '', /^\d+: expected (?:a field of|an expression)/)
      assert.match(trouble(`(true ? session : session).${name} == "x"`) ?? '', /^\d+: expected (?:a field of|an expression)/)
    }
  })

  it('when it is no line any more', () => {
    const many = (part: string, count: number, by: string) => Array(count).fill(part).join(by)
    assert.match(trouble(`session.helo == "${'x'.repeat(5000)}"`) ?? '', /^4096: expected at most 4096 characters, found 5018$/)
    assert.match(trouble(`${'('.repeat(30)}true${')'.repeat(30)}`) ?? '', /^\d+: expected at most 24 levels, found more$/)
    assert.match(trouble(`session.helo in [${many('"x"', 101, ',')}]`) ?? '', /expected at most 100 elements in a list/)
    assert.match(trouble(many('true', 200, ' || ')) ?? '', /expected at most 300 parts/)
    assert.match(trouble(`${'!'.repeat(4000)}true`) ?? '', /^\d+: expected at most 300 parts/)
  })
})
