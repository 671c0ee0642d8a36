import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Trace } from '../../src/engine/trace.ts'
import { receivedSpfField } from '../../src/relay/received-spf-field.ts'
import { trace } from './trace.ts'

const spf = (changes: object = {}): Pick<Trace, 'facts'> => ({
  facts: [{ fact: 'spf', value: { result: 'pass', domain: 'example.com', identity: 'mailfrom', ...changes }, ms: 1 }],
})

/** The field on one line. */
const field = (changes: Partial<Trace>) => receivedSpfField('mx.example.org', trace(changes)).replaceAll(/\r\n\t/g, ' ')

describe('Received-SPF', () => {
  test('RFC 7208, 9.1: tells the result, and what was asked', () => {
    assert.equal(
      field(spf()),
      'Received-SPF: pass (mx.example.org) client-ip=192.0.2.1; envelope-from="sender@example.com"; helo=client.example.com; identity=mailfrom; receiver=mx.example.org\r\n',
    )
  })

  test('names no sender when HELO was asked about', () => {
    const { session } = trace()
    const changes = {
      ...spf({ identity: 'helo', result: 'none' }),
      sender: null,
      session: { ...session, client: { ip: '2001:db8::1', port: 1 } },
    }
    assert.equal(
      field(changes),
      'Received-SPF: none (mx.example.org) client-ip="2001:db8::1"; helo=client.example.com; identity=helo; receiver=mx.example.org\r\n',
    )
  })

  test('is not there when SPF was not asked, or could not be', () => {
    assert.equal(field({}), '')
    assert.equal(field({ facts: [{ fact: 'spf', error: 'TimeoutError', ms: 1 }] }), '')
  })

  test('holds nothing of the sender outside of quotes, and no line too long', () => {
    const text = fc.string({
      maxLength: 600,
      unit: fc.constantFrom('a', '.', '"', '\\', '(', ')', ';', '=', ' ', '\r', '\n', '\0', '\u00e9', '@'),
    })
    fc.assert(
      fc.property(text, text, (sender, helo) => {
        const whole = receivedSpfField('mx.example.org', trace({ ...spf(), sender, session: { ...trace().session, helo } }))
        assert.match(whole.slice(0, -2), /^(?:[\x20-\x7e]|\r\n\t)*$/)
        assert.ok(whole.split('\r\n').every(line => line.length <= 998))
        assert.match(
          whole.replaceAll(/\r\n\t/g, ' ').replaceAll(/"[^"\\]*"/g, 'Q'),
          /^Received-SPF: pass \(mx\.example\.org\) client-ip=192\.0\.2\.1; envelope-from=[\w.-]+; helo=[\w.-]+; identity=mailfrom; receiver=mx\.example\.org\r\n$/,
        )
      }),
    )
  })
})
