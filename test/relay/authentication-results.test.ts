import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Trace } from '../../src/engine/trace.ts'
import { authenticationResultsField } from '../../src/relay/authentication-results.ts'
import { quoted, value } from '../../src/relay/authentication-words.ts'
import { reverseDns, trace } from './trace.ts'

/** The facts of a trace. */
const found = (facts: Readonly<Record<string, unknown>>): Pick<Trace, 'facts'> => ({
  facts: Object.entries(facts).map(([fact, value]) => ({ fact, value, ms: 1 })),
})

/** The value of the field, on one line. */
function results(changes: Partial<Trace> = {}): string {
  const field = authenticationResultsField('mx.example.org', trace(changes))
  assert.match(field, /^Authentication-Results: .*\r\n$/s)
  return field.slice('Authentication-Results: '.length, -2).replaceAll(/\r\n\t/g, ' ')
}

const signature = { result: 'pass', domain: 'example.com', selector: 's1', algorithm: 'rsa-sha256', begins: 'abcd/+xy' }

describe('Authentication-Results', () => {
  test('AR-02: names SPF with the domain that was asked about, and not the local part', () => {
    const spf = { result: 'pass', domain: 'example.com', identity: 'mailfrom' }
    assert.equal(results(found({ spf })), 'mx.example.org; spf=pass smtp.mailfrom=example.com')
    assert.equal(results(found({ spf: { ...spf, identity: 'helo' } })), 'mx.example.org; spf=pass smtp.helo=example.com')
    assert.equal(
      results(found({ spf: { result: 'none', domain: '', identity: 'mailfrom' } })),
      'mx.example.org; spf=none smtp.mailfrom=""',
    )
  })

  test('AR-02: names each signature with its domain, selector, algorithm and beginning', () => {
    assert.equal(
      results(found({ dkim: [signature] })),
      'mx.example.org; dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b="abcd/+xy"',
    )
    const second = {
      result: 'policy',
      domain: '',
      selector: '',
      algorithm: '',
      begins: '',
      why: 'one of more than 10 signatures',
    }
    assert.equal(
      results(found({ dkim: [{ ...signature, begins: 'abcd' }, second] })),
      'mx.example.org; dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b=abcd; dkim=policy reason="one of more than 10 signatures"',
    )
    assert.equal(results(found({ dkim: [] })), 'mx.example.org; dkim=none')
  })

  test('AR-02: names DMARC with the author’s domain, and the policy when there is one to apply', () => {
    const dmarc = { result: 'fail', domain: 'example.com', policy: 'reject' }
    assert.equal(results(found({ dmarc })), 'mx.example.org; dmarc=fail header.from=example.com policy.dmarc=reject')
    const none = { result: 'none', domain: 'example.com', policy: 'none' }
    assert.equal(results(found({ dmarc: none })), 'mx.example.org; dmarc=none header.from=example.com')
    const impossible = { result: 'permerror', domain: '', policy: 'none', why: '2 From fields' }
    assert.equal(results(found({ dmarc: impossible })), 'mx.example.org; dmarc=permerror reason="2 From fields"')
  })

  test('DM-11: says why the owner’s wish was not followed', () => {
    const dmarc = { result: 'fail', domain: 'example.com', policy: 'reject' }
    const entry = {
      phase: 'message',
      rule: 'dmarc',
      verdict: { action: 'score', points: 0, reason: 'mailing-list' },
      shadow: false,
      ms: 1,
    } as const
    const expected = 'mx.example.org; dmarc=fail reason="mailing_list" header.from=example.com policy.dmarc=reject'
    assert.equal(results({ ...found({ dmarc }), entries: [entry] }), expected)
    const shadow = { ...found({ dmarc }), entries: [{ ...entry, shadow: true }] }
    assert.equal(results(shadow), 'mx.example.org; dmarc=fail header.from=example.com policy.dmarc=reject')
  })

  test('AR-02: names ARC with its last sealer, and a list of known servers with its code', () => {
    const sets = [{ sealer: 'a.example' }, { sealer: 'b.example' }]
    assert.equal(results(found({ arc: { result: 'pass', sets } })), 'mx.example.org; arc=pass (i=2 b.example)')
    assert.equal(
      results(found({ arc: { result: 'fail', sets: [], why: 'i=1 cv=pass' } })),
      'mx.example.org; arc=fail reason="i=1 cv=pass"',
    )
    assert.equal(results(found({ arc: { result: 'none', sets: [] } })), 'mx.example.org; none')
    const dnswl = {
      'dnswl(list.dnswl.org)': { status: 'listed', codes: ['127.0.5.1'] },
      'dnswl(other.example)': { status: 'clean', codes: [] },
    }
    assert.equal(results(found(dnswl)), 'mx.example.org; dnswl=pass dns.zone=list.dnswl.org policy.ip=127.0.5.1')
  })

  test('an empty reason is none', () => {
    assert.equal(results(found({ arc: { result: 'fail', sets: [], why: '' } })), 'mx.example.org; arc=fail')
  })

  test('keeps an order, and says nothing of a fact that could not be found', () => {
    const all = {
      dmarc: { result: 'pass', domain: 'example.com', policy: 'none' },
      arc: { result: 'pass', sets: [{ sealer: 'a.example' }] },
      dkim: [signature],
      spf: { result: 'pass', domain: 'example.com', identity: 'mailfrom' },
      'reverse-dns': { status: 'none', names: [] },
    }
    const methods = results(found(all)).matchAll(/; (\w+)=/g)
    assert.deepEqual(
      [...methods].map(([, method]) => method),
      ['iprev', 'spf', 'dkim', 'arc', 'dmarc'],
    )
    const facts = [{ fact: 'dmarc', error: 'TimeoutError: dmarc took longer than 40000 ms', ms: 40_000 }]
    assert.equal(results({ facts }), 'mx.example.org; none')
  })

  test('whatever a sender has written, it ends nothing and adds nothing', () => {
    const nasty = fc.oneof(
      fc.string({
        maxLength: 400,
        unit: fc.constantFrom('a', '.', '"', '\\', '(', ')', ';', '=', ' ', '\r', '\n', '\t', '\0', '\u00e9', '@', ',', '<'),
      }),
      fc.constantFrom(
        'x"; dmarc=pass header.from=bank.example; y="',
        'x) ; spf=pass (',
        'x\r\nAuthentication-Results: mx.example.org; dmarc=pass',
        '\\"',
        '\\',
      ),
    )
    fc.assert(
      fc.property(nasty, nasty, nasty, (a, b, c) => {
        const text = results({
          ...found({
            spf: { result: 'fail', domain: a, identity: 'mailfrom' },
            dkim: [{ result: 'fail', domain: b, selector: c, algorithm: a, begins: b, why: c }],
            arc: { result: 'fail', sets: [{ sealer: a }], why: b },
            dmarc: { result: 'fail', domain: c, policy: 'reject', why: a },
          }),
          ...{ sender: b },
        })
        // Without what is in quotes, and then without comments.
        const skeleton = text.replaceAll(/"[^"\\]*"/g, 'Q').replaceAll(/ \([^()"\\;]*\)/g, '')
        const word = '[\\w.-]+'
        const shape = new RegExp(
          `^mx\\.example\\.org; spf=fail smtp\\.mailfrom=${word}; dkim=fail(?: reason=Q)?(?: header\\.[dsab]=${word})*; arc=fail(?: reason=Q)?; dmarc=fail(?: reason=Q)?(?: header\\.from=${word})? policy\\.dmarc=reject$`,
        )
        assert.match(skeleton, shape)
        assert.match(text, /^[\x20-\x7e]*$/)
      }),
    )
  })

  test('no line is longer than RFC 5322 allows', () => {
    const long = 'x'.repeat(5000)
    const field = authenticationResultsField(
      'mx.example.org',
      trace(
        found({
          spf: { result: 'fail', domain: long, identity: 'mailfrom' },
          dkim: [{ ...signature, selector: long, why: long }],
        }),
      ),
    )
    assert.ok(field.split('\r\n').every(line => line.length <= 998))
  })

  test('iprev stands first', () => {
    assert.equal(results(reverseDns({ status: 'none' })), 'mx.example.org; iprev=permerror policy.iprev=192.0.2.1')
  })
})

describe('a value', () => {
  test('stands as it is when it is a word like a host name', () => {
    for (const text of ['example.com', 'a_b-c.1', 'x']) assert.equal(value(text), text)
  })

  test('is quoted when it is not, and even when it is only not quite one', () => {
    for (const text of ['', '.', 'a..b', '.a', 'a.', 'a b', 'a@b', 'a/b', '2001:db8::1', 'a=b'])
      assert.equal(value(text), `"${text}"`)
  })

  test('has nothing in it that could end it', () => {
    assert.equal(quoted('a"b\\c;d(e)f'), '"a_b_c_d_e_f"')
    assert.equal(quoted('a\r\nb\0\u00e9'), '"a??b??"')
    assert.equal(quoted('x'.repeat(1000)).length, 257)
  })
})
