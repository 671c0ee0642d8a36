import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowsMx, parseStsPolicy } from '../../src/mx/sts-policy.ts'

const policy = (...lines: string[]) => parseStsPolicy(lines.join('\n'))
const good = ['version: STSv1', 'mode: enforce', 'mx: mail.example.org', 'max_age: 604800']

test('the policy of RFC 8461, 3.2 is read, with either line end, whatever else stands there', () => {
  const expected = { mode: 'enforce', mx: ['mail.example.org', '*.example.net'], maxAgeSeconds: 604_800 }
  const text = `${good.slice(0, 3).join('\r\n')}\r\nmx: *.Example.net\r\nmax_age:604800\r\nx-other: something\r\n`
  assert.deepEqual(parseStsPolicy(text), expected)
  assert.deepEqual(parseStsPolicy(text.replaceAll('\r\n', '\n')), expected)
})

test('what is wrong is told with what was found', () => {
  const wrong: readonly [readonly string[], RegExp][] = [
    [['version: STSv2', ...good.slice(1)], /version STSv1, found "STSv2"/],
    [good.slice(1), /version STSv1, found undefined/],
    [[...good.slice(0, 1), 'mode: strict', ...good.slice(2)], /enforce, testing or none, found "strict"/],
    [good.slice(0, 3), /max_age in seconds, found ""/],
    [[...good.slice(0, 2), 'max_age: 1'], /at least one mx/],
    [[...good, 'mx: a..b'], /name of a mail server, found "a\.\.b"/],
    [[...good, 'mx: *.*.example.org'], /name of a mail server/],
    [[...good, 'rubbish'], /"name: value", found "rubbish"/],
    [[...good, ...Array(100).fill('mx: a.example')], /at most 100/],
  ]
  for (const [lines, expected] of wrong) assert.match(String(policy(...lines)), expected)
})

test('of a field that comes twice the first counts, and a year is the longest', () => {
  assert.deepEqual(policy(...good, 'mode: none', 'max_age: 1'), policy(...good))
  const long = policy(...good.slice(0, 3), 'max_age: 9999999999')
  assert.equal(typeof long === 'object' && long.maxAgeSeconds, 31_557_600)
})

test('TLS-03: a wildcard stands for one label', () => {
  const allowed = { mode: 'enforce', mx: ['mail.example.org', '*.example.net'], maxAgeSeconds: 1 } as const
  for (const host of ['mail.example.org', 'a.example.net']) assert.ok(allowsMx(allowed, host), host)
  for (const host of ['example.org', 'x.mail.example.org', 'example.net', 'a.b.example.net', 'net', 'aexample.net']) {
    assert.ok(!allowsMx(allowed, host), host)
  }
})

test('no text makes the reader throw', () => {
  fc.assert(fc.property(fc.string(), text => ['string', 'object'].includes(typeof parseStsPolicy(`${good.join('\n')}\n${text}`))))
})
