import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Trace } from '../../src/engine/trace.ts'
import { parseHeader } from '../../src/mail/header.ts'
import { MemoryMessage, type Message } from '../../src/mail/message.ts'
import { annotate } from '../../src/relay/annotate.ts'
import { claimsToBe } from '../../src/relay/authserv-id.ts'
import { recipient, reverseDns, trace } from './trace.ts'

const now = new Date('2026-11-24T08:00:01Z')
const original = 'From: a@example.com\r\nReceived: from x\r\n\t(forged) by y\r\n\r\nBody \xe9\r\n.\r\n'

async function bytesOf(message: Message): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function annotated(changes: Partial<Trace> = {}, content = original): Message {
  const message = new MemoryMessage(Buffer.from(content, 'latin1'))
  return annotate(message, { hostname: 'mx.example.org', trace: trace(changes), now })
}

/** The value of the first field of a name, on one line. */
function field(name: string, changes: Partial<Trace> = {}): string {
  return annotated(changes).header(name)?.replaceAll('\t', ' ') ?? ''
}

const session = (changes: Partial<Trace['session']>) => ({ session: { ...trace().session, ...changes } })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('our block', () => {
  test('stands on top: results, reason, reception, in this order', async () => {
    const names = annotated().fields.map(({ name }) => name)
    assert.deepEqual(names, ['authentication-results', 'x-postern', 'received', 'from', 'received'])
  })

  test('has Received-SPF below the results when SPF was asked', () => {
    const facts = [{ fact: 'spf', value: { result: 'pass', domain: 'example.com', identity: 'mailfrom' }, ms: 1 }]
    const names = annotated({ facts }).fields.map(({ name }) => name)
    assert.deepEqual(names.slice(0, 4), ['authentication-results', 'received-spf', 'x-postern', 'received'])
  })

  test('SRV-18: everything below it is identical, byte for byte', async () => {
    const block = await blockLength(annotated())
    const bytes = await bytesOf(annotated())
    assert.equal(sha256(bytes.subarray(block)), sha256(Buffer.from(original, 'latin1')))
    assert.equal(bytes.length, annotated().size)
  })

  test('is folded below 78 characters, and parses as three fields whatever the client said', async () => {
    const evil = 'evil.example)\r\nX-Injected: yes\r\nAuthentication-Results: mx.example.org; spf=pass (\r\n'
    const changes = { ...session({ helo: evil, user: evil }), ...reverseDns({ status: 'confirmed', name: evil }) }
    const entries = [
      {
        phase: 'helo',
        rule: 'helo\r\nX: y',
        verdict: { action: 'score', points: 1, reason: 'r', detail: evil },
        shadow: false,
        ms: 0,
      },
    ] as const
    const message = annotated({ ...changes, entries, recipients: [recipient(`"${evil}"@example.org`)] })
    assert.deepEqual(
      message.fields.slice(0, 4).map(({ name }) => name),
      ['authentication-results', 'x-postern', 'received', 'from'],
    )
    const block = (await bytesOf(message)).subarray(0, await blockLength(message)).toString()
    assert.ok(!block.includes('Injected') && !block.includes('spf=pass'))
    assert.ok(
      block.split('\r\n').every(line => line.length <= 78),
      block,
    )
  })
})

/** Where the first field of the original begins. */
async function blockLength(message: Message): Promise<number> {
  return message.fields.find(({ name }) => name === 'from')?.start ?? 0
}

describe('SRV-15: the Received field', () => {
  test('tells who brought the message to whom, how and when', () => {
    assert.equal(
      field('received', reverseDns({ status: 'confirmed', name: 'mail.example.com', names: [] })),
      'from client.example.com (mail.example.com [192.0.2.1]) by mx.example.org (Postern) with ESMTP id 1N3Z8QK4F00A.1 for <anna@example.org>; Tue, 24 Nov 2026 08:00:01 +0000',
    )
  })

  test('the protocol is named as RFC 3848 and RFC 6531 have it', () => {
    const tls = { protocol: 'TLSv1.3', cipher: 'x' }
    const cases: [Partial<Trace>, string][] = [
      [session({ esmtp: false }), 'SMTP'],
      [session({ tls }), 'ESMTPS'],
      [session({ user: 'anna' }), 'ESMTPA'],
      [session({ tls, user: 'anna' }), 'ESMTPSA'],
      [{ parameters: { smtputf8: true } }, 'UTF8SMTP'],
      [{ ...session({ tls, user: 'anna' }), parameters: { smtputf8: true } }, 'UTF8SMTPSA'],
    ]
    for (const [changes, expected] of cases) assert.match(field('received', changes), new RegExp(` with ${expected} id `))
  })

  test('a name that is not confirmed is unknown; an IPv6 address is written as a literal', () => {
    const changes = {
      ...session({ client: { ip: '2001:db8::1', port: 1 } }),
      ...reverseDns({ status: 'unconfirmed', name: 'x.test' }),
    }
    assert.match(field('received', changes), /^from client\.example\.com \(unknown \[IPv6:2001:db8::1\]\) by /)
  })

  test('a HELO that is neither name nor literal does not stand there: the address does', () => {
    for (const helo of ['a b', 'x (mail.bank.example [192.0.2.9])', 'x;y', '<x>', 'x\0', '']) {
      assert.match(field('received', session({ helo })), /^from \[192\.0\.2\.1\] \(unknown \[192\.0\.2\.1\]\) by /, helo)
    }
    assert.match(field('received', session({ helo: '[192.0.2.7]' })), /^from \[192\.0\.2\.7\] /)
    assert.match(field('received', session({ helo: 'WIN_PC' })), /^from win_pc /)
  })

  test('`for` stands there only for one recipient whose copy there is', () => {
    assert.doesNotMatch(field('received', { recipients: [recipient('a@example.org'), recipient('b@example.org')] }), / for /)
    const refused = recipient('b@example.org', { outcome: 'rejected' })
    assert.match(field('received', { recipients: [recipient('a@example.org'), refused] }), / for <a@example\.org>;/)
    assert.doesNotMatch(field('received', { recipients: [recipient('andr\u00e9@example.org')] }), / for /)
  })
})

describe('Authentication-Results', () => {
  test('iprev is as RFC 8601, 2.7.3 names it', () => {
    const results = { confirmed: 'pass', unconfirmed: 'fail', none: 'permerror', temperror: 'temperror' }
    for (const [status, result] of Object.entries(results)) {
      assert.equal(
        field('authentication-results', reverseDns({ status })),
        `mx.example.org; iprev=${result} policy.iprev=192.0.2.1`,
      )
    }
    const named = {
      ...session({ client: { ip: '2001:db8::1', port: 1 } }),
      ...reverseDns({ status: 'confirmed', name: 'mail.example.com' }),
    }
    assert.equal(
      field('authentication-results', named),
      'mx.example.org; iprev=pass policy.iprev="2001:db8::1" (mail.example.com)',
    )
  })

  test('a method that was not applied is not named', () => {
    assert.equal(field('authentication-results'), 'mx.example.org; none')
    assert.equal(field('authentication-results', reverseDns('rubbish')), 'mx.example.org; none')
  })

  const ours = [
    'mx.example.org; dkim=pass',
    ' MX.Example.ORG ; dkim=pass',
    '(a (nested \\) comment)) (b)\r\n mx.example.org 1; dkim=pass',
    '"mx.example.org"; dkim=pass',
    '"mx\\.example.org" 1; dkim=pass',
    'mx.example.org.;dkim=pass',
    'mx.example.org(c);dkim=pass',
    '\r\n\tmx.example.org\r\n\t; dkim=pass',
    'mx.example.org',
  ]
  for (const value of ours) {
    test(`AR-01: an incoming one that claims to be ours goes: ${JSON.stringify(value)}`, async () => {
      const message = annotated({}, `A: 1\r\nAUTHENTICATION-results: ${value}\r\nB: 2\r\n\r\nBody`)
      assert.deepEqual(
        message.fields.map(({ name }) => name),
        ['authentication-results', 'x-postern', 'received', 'a', 'b'],
      )
      const bytes = (await bytesOf(message)).toString()
      assert.ok(bytes.endsWith('A: 1\r\nB: 2\r\n\r\nBody'))
      assert.ok(!bytes.includes('dkim=pass'))
      assert.equal(bytes.length, message.size)
    })
  }

  test('AR-01: those of others stay', () => {
    const others = [
      'example.org; dkim=pass',
      'mx.example.org.evil.test; dkim=pass',
      '(mx.example.org) other.test; none',
      'a.mx.example.org; none',
    ]
    for (const value of others) {
      const message = annotated({}, `Authentication-Results: ${value}\r\n\r\n`)
      assert.equal(message.fields.filter(({ name }) => name === 'authentication-results').length, 2, value)
    }
  })

  test('AR-01: however a sender writes our name', () => {
    const names = [
      'mx.example.org',
      'MX.Example.Org',
      'mx.example.org.',
      'mx.example.org..',
      '"mx.example.org"',
      '(x) mx.example.org',
      'mx.example.org 1',
      'mx(a).example.org',
      'mx .example.org',
      'mx. example.org',
      'mx.example.org,',
      'mx.example.org:',
      'mx.example.org@x',
      'mx.example.org{',
      ';mx.example.org',
      '<mx.example.org>',
      "'mx.example.org'",
      '""mx.example.org',
      '\\mx.example.org',
      '/mx.example.org',
      '=mx.example.org',
      '"mx.example".org',
      'mx."example".org',
      '\x01mx.example.org',
      'mx.example.org\x7f',
      '=?utf-8?Q?mx.example.org?=',
      '=?utf-8?B?bXguZXhhbXBsZS5vcmc=?=',
    ]
    const kept = names.filter(
      name => !claimsToBe('mx.example.org', { name: 'authentication-results', value: `${name}; dmarc=pass`, start: 0, end: 0 }),
    )
    assert.deepEqual(kept, [])
  })

  test('AR-01: and nobody else’s', () => {
    for (const name of ['mx.example.org.uk', 'xmx.example.org', 'other.example', 'mx-example.org', '']) {
      assert.equal(
        claimsToBe('mx.example.org', { name: 'authentication-results', value: `${name}; dmarc=pass`, start: 0, end: 0 }),
        false,
        name,
      )
    }
  })

  test('wherever a message is split, what is cut out is exactly the forged fields', async () => {
    const forged = 'Authentication-Results: mx.example.org;\r\n spf=pass\r\n'
    const content = Buffer.from(`${forged}A: 1\r\n${forged}${forged}B: 2\r\n\r\n${forged}`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 5 }), fc.boolean(), async (cuts, isSpooled) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), content.length]
        const chunks = places.slice(1).map((end, index) => content.subarray(places[index], end))
        const message = new MemoryMessage(...chunks)
        if (isSpooled) message.chunks = () => later(chunks) as never
        const result = annotate(message, { hostname: 'mx.example.org', trace: trace(), now })
        const bytes = (await bytesOf(result)).toString()
        assert.ok(bytes.endsWith(`+0000\r\nA: 1\r\nB: 2\r\n\r\n${forged}`), bytes)
        assert.equal(bytes.length, result.size)
        assert.deepEqual(result.fields, parseHeader([Buffer.from(bytes)]))
      }),
    )
  })
})

async function* later(chunks: readonly Buffer[]) {
  yield* chunks
}

describe('the reason header', () => {
  const said = (rule: string, verdict: Trace['entries'][number]['verdict'], more = {}) => ({
    phase: 'connect' as const,
    rule,
    verdict,
    shadow: false,
    ms: 0,
    ...more,
  })
  const points = (value: number) => ({ action: 'score' as const, points: value, reason: 'r' })

  test('names the trace, what became of the message, the score, and what each rule said', () => {
    const entries = [
      said('reverse-dns', points(2)),
      said('helo', { action: 'pass' }),
      said('dnsbl', points(1.1)),
      said('allow', { action: 'accept', reason: 'r' }),
    ]
    const recipients = [recipient('a@example.org', { score: 2 + 1.1 })]
    assert.equal(
      field('x-postern', { entries, recipients }),
      '1N3Z8QK4F00A.1; delivered; score=3.1; reverse-dns=2 dnsbl=1.1 allow=accept',
    )
  })

  test('says nothing of shadow rules, nor of rules for recipients who have no copy', () => {
    const entries = [
      said('a', points(1), { shadow: true }),
      said('b', points(1), { recipients: ['b@example.org'] }),
      said('c', points(1), { recipients: ['a@example.org'] }),
    ]
    const recipients = [
      recipient('a@example.org', { score: 1, outcome: 'quarantined' }),
      recipient('b@example.org', { outcome: 'rejected', score: 9 }),
    ]
    assert.equal(field('x-postern', { entries, recipients }), '1N3Z8QK4F00A.1; quarantined; score=1; c=1')
  })
})
