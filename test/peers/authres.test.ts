import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { authenticationResultsField } from '../../src/relay/authentication-results.ts'
import { receivedSpfField } from '../../src/relay/received-spf-field.ts'
import { trace } from '../relay/trace.ts'
import { type ReadResults, readReceivedSpf, readResults } from './support/authres.ts'
import { needsCorpus, readCorpusJson } from './support/corpus.ts'
import type { GatewaySettings } from './support/gateway.ts'
import { type Delivery, type Judged, JudgedMail } from './support/judged-mail.ts'
import { needs } from './support/needs.ts'

const hostname = 'mx.our.example'

/** The value of a field, on one line. */
const lineOf = (field: string) => field.slice(field.indexOf(':') + 2, -2).replaceAll(/\r\n\t/g, ' ')

interface Facts {
  readonly spf: { readonly result: string; readonly domain: string; readonly identity: 'mailfrom' | 'helo' }
  readonly dkim: readonly Readonly<Record<'result' | 'domain' | 'selector' | 'algorithm' | 'begins' | 'why', string>>[]
  readonly arc: { readonly result: string; readonly sets: readonly { readonly sealer: string }[]; readonly why: string }
  readonly dmarc: { readonly result: string; readonly domain: string; readonly policy: string; readonly why: string }
}

function traceOf(facts: Facts, changes: Partial<Trace> = {}): Trace {
  return trace({ facts: Object.entries(facts).map(([fact, value]) => ({ fact, value, ms: 1 })), ...changes })
}

/** What a sender may have written, wherever he can. */
const nasty = fc.oneof(
  fc.string({ maxLength: 60, unit: fc.constantFrom(...'aB1.-_"\\();=@,<>: \r\n\t\0\u00e9') }),
  fc.constantFrom(
    'x"; dmarc=pass header.from=legitimate.com; y="',
    'x) ; spf=pass smtp.mailfrom=legitimate.com (',
    'x\r\nAuthentication-Results: mx.our.example; dmarc=pass',
    'any@legitimate.com(.attack.com',
    "legitimate.com'@any.attack.com",
    '\\"',
    'x".attack.com',
    ';',
    '=',
    '',
  ),
)

const facts: fc.Arbitrary<Facts> = fc.record({
  spf: fc.record({ result: fc.constantFrom('pass', 'fail'), domain: nasty, identity: fc.constantFrom('mailfrom', 'helo') }),
  dkim: fc.array(
    fc.record({ result: fc.constant('fail'), domain: nasty, selector: nasty, algorithm: nasty, begins: nasty, why: nasty }),
    { minLength: 1, maxLength: 3 },
  ),
  arc: fc.record({ result: fc.constant('fail'), sets: fc.array(fc.record({ sealer: nasty }), { maxLength: 2 }), why: nasty }),
  dmarc: fc.record({ result: fc.constantFrom('fail', 'permerror'), domain: nasty, policy: fc.constant('reject'), why: nasty }),
})

/** How we write a text: nothing in it that ends anything. */
const written = (text: string) =>
  text
    .slice(0, 255)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\;()]/g, '_')

describe('for python3-authres', { skip: needs('authres') }, () => {
  test('each result of whatever was found is one result, and no text of a sender is anything but a value', async () => {
    const samples = fc.sample(facts, { numRuns: 300, seed: 20261124 })
    const read = await readResults(samples.map(sample => lineOf(authenticationResultsField(hostname, traceOf(sample)))))
    for (const [at, { spf, dkim, arc, dmarc }] of samples.entries()) {
      const { authservId, results } = read[at] as ReadResults
      assert.equal(authservId, hostname)
      const expected = ['spf', ...dkim.map(() => 'dkim'), 'arc', 'dmarc']
      assert.deepEqual(
        results.map(({ method }) => method),
        expected,
      )
      assert.deepEqual(
        results.map(({ result }) => result),
        [spf.result, ...dkim.map(({ result }) => result), arc.result, dmarc.result],
      )
      const reasons = [null, ...dkim.map(({ why }) => written(why)), written(arc.why), written(dmarc.why)].map(why => why || null)
      assert.deepEqual(
        results.map(({ reason }) => reason),
        reasons,
      )
      const [first] = results
      assert.deepEqual(first?.properties, { [`smtp.${spf.identity}`]: written(spf.domain) })
      for (const [number, signature] of dkim.entries()) {
        const { properties } = results[number + 1] ?? { properties: {} }
        // authres takes a value in quotes only where it is the last one; it may overlook ours, and finds no others.
        const known: Record<string, string> = {
          'header.d': signature.domain,
          'header.s': signature.selector,
          'header.a': signature.algorithm,
          'header.b': signature.begins,
        }
        for (const [name, value] of Object.entries(properties))
          assert.equal(value, written(known[name] ?? 'no such property'), name)
      }
    }
  })

  test('values that are like names are read as they were found', async () => {
    const sample: Facts = {
      spf: { result: 'pass', domain: 'bounce.example.com', identity: 'mailfrom' },
      dkim: [
        { result: 'pass', domain: 'example.com', selector: 's1.mail', algorithm: 'rsa-sha256', begins: 'ab/+cd==', why: 'x' },
      ],
      arc: { result: 'pass', sets: [{ sealer: 'list.example' }], why: 'x' },
      dmarc: { result: 'pass', domain: 'example.com', policy: 'reject', why: 'x' },
    }
    const [read] = await readResults([lineOf(authenticationResultsField(hostname, traceOf(sample)))])
    assert.deepEqual(
      read?.results.map(({ properties }) => properties),
      [
        { 'smtp.mailfrom': 'bounce.example.com' },
        { 'header.d': 'example.com', 'header.s': 's1.mail', 'header.a': 'rsa-sha256', 'header.b': 'ab/+cd==' },
        {},
        { 'header.from': 'example.com', 'policy.dmarc': 'reject' },
      ],
    )
    assert.deepEqual(await readResults([lineOf(authenticationResultsField(hostname, trace()))]), [
      { authservId: hostname, results: [] },
    ])
  })

  test('Received-SPF, whatever was said, has our pairs and no others (for Python’s own reader)', async () => {
    const samples = fc.sample(fc.record({ facts, sender: nasty, helo: nasty }), { numRuns: 300, seed: 20261124 })
    const traces = samples.map(({ facts, sender, helo }) => traceOf(facts, { sender, session: { ...trace().session, helo } }))
    const read = await readReceivedSpf(traces.map(each => lineOf(receivedSpfField(hostname, each))))
    for (const [at, { facts, sender, helo }] of samples.entries()) {
      const { identity, result } = facts.spf
      assert.deepEqual(read[at], {
        result,
        comment: hostname,
        pairs: {
          'client-ip': '192.0.2.1',
          ...(identity === 'mailfrom' && { 'envelope-from': written(sender) }),
          helo: written(helo),
          identity,
          receiver: hostname,
        },
      })
    }
  })

  describe('what is delivered', () => {
    let mail: JudgedMail
    before(async () => {
      mail = await JudgedMail.start({ rules: '[{ use: reverse-dns }, { use: dmarc }]', mode: 'observe' })
    })
    after(() => mail?.stop())

    test('says of good mail what was found', async () => {
      const { zone, sign } = signer('sender.example')
      const content = await sign(letter('From: ann@sender.example'))
      const dns: Zone = {
        ...zone,
        'sender.example': { TXT: ['v=spf1 ip6:2001:db8::1 -all'] },
        '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject'] },
      }
      const judged = await mail.send({
        zone: dns,
        content,
        ip: '2001:db8::1',
        helo: 'mx.sender.example',
        sender: 'bounce@sender.example',
      })
      const [read] = await readResults([judged.results])
      const [, signature] = read?.results.filter(({ method }) => method === 'spf' || method === 'dkim') ?? []
      assert.match(signature?.properties['header.b'] ?? '', /^[\w/+]{8}$/)
      assert.deepEqual(
        read?.results.map(
          ({ method, result, properties }) => `${method}=${result} ${Object.values(properties).slice(0, 3).join(' ')}`,
        ),
        [
          'iprev=permerror 2001:db8::1',
          'spf=pass sender.example',
          'dkim=pass sender.example s rsa-sha256',
          'dmarc=pass sender.example reject',
        ],
      )
      const spf = /^Received-SPF: ((?:.|\r\n\t)*)/m.exec(judged.stored?.toString('latin1') ?? '')?.[1] ?? ''
      const [received] = await readReceivedSpf([spf.replaceAll(/\r\n\t/g, ' ')])
      assert.deepEqual(received?.pairs, {
        'client-ip': '2001:db8::1',
        'envelope-from': 'bounce@sender.example',
        helo: 'mx.sender.example',
        identity: 'mailfrom',
        receiver: hostname,
      })
    })

    test('names nobody but the sender’s own domain, however the sender tries', async () => {
      const zone: Zone = { '_dmarc.legitimate.com': { TXT: ['v=DMARC1; p=reject'] }, 'legitimate.com': { TXT: ['v=spf1 -all'] } }
      const senders = [
        '"legitimate.com; spf=pass"@attack.com',
        "legitimate.com'@attack.com",
        '"a\\"b(c"@attack.com',
        'legitimate.com(.attack.com',
        'x@a..attack.com',
      ]
      const greetings = [
        'legitimate.com(.attack.com',
        'legitimate.com;',
        '"legitimate.com"',
        'a b',
        'legitimate.com"',
        '[192.0.2.1]; spf=pass',
      ]
      const cases = [...senders.map(sender => ({ sender })), ...greetings.map(helo => ({ helo, sender: '' }))]
      for (const each of cases) {
        const judged = await mail.send({ zone, content: letter('From: admin@legitimate.com'), ...each })
        if (judged.stored === undefined) continue
        const [read] = await readResults([judged.results])
        assert.deepEqual(
          read?.results.map(({ method }) => method),
          ['iprev', 'spf', 'dkim', 'dmarc'],
          JSON.stringify(each),
        )
        assert.equal(read?.results.at(-1)?.result, 'fail')
        assert.notEqual(read?.results[1]?.result, 'pass')
      }
    })
  })
})

describe('espoofer', { skip: needsCorpus('smtp/espoofer.json') || needs('authres') }, () => {
  // attack.com is the attacker's own; nobody may send for the others but they themselves.
  const attacker = signer('attack.com', 'selector')
  const protectedDomains = ['legitimate.com', 'example.com']
  const zone: Zone = {
    ...attacker.zone,
    'attack.com': { TXT: ['v=spf1 +all'] },
    '*.attack.com': { TXT: ['v=spf1 +all'] },
    ...Object.fromEntries(protectedDomains.map(domain => [domain, { TXT: ['v=spf1 -all'] }])),
    ...Object.fromEntries(protectedDomains.map(domain => [`_dmarc.${domain}`, { TXT: ['v=DMARC1; p=reject'] }])),
  }

  async function sendAll(settings: Omit<GatewaySettings, 'to'>, check: (id: string, judged: Judged) => Promise<void> | void) {
    const mail = await JudgedMail.start(settings)
    try {
      for (const { id, content, ...envelope } of await attacks()) await check(id, await mail.send({ ...envelope, content }))
      return (await mail.gateway.quarantine()).length
    } finally {
      await mail.stop()
    }
  }

  /** As they are, and signed by the attacker as well. */
  async function attacks(): Promise<(Delivery & { readonly id: string })[]> {
    const cases = Object.values(readCorpusJson('smtp/espoofer.json')).filter(Array.isArray).flat()
    const plain = cases.map(({ id, helo, mail_from, message_b64 }: Record<string, string>) => ({
      id: id ?? '',
      zone,
      ip: '203.0.113.66',
      helo: helo ?? '',
      sender: (mail_from ?? '').replaceAll(/^<|>$/g, ''),
      content: Buffer.from(message_b64 ?? '', 'base64'),
    }))
    const signed = await Promise.all(
      plain.map(async each => ({ ...each, id: `${each.id} signed`, content: await attacker.sign(each.content) })),
    )
    return [...plain, ...signed]
  }

  test('every attack is refused, quarantined, or delivered with a failure', async t => {
    const outcomes: string[] = []
    const held = await sendAll({ rules: '[{ use: header-sanity }, { use: dmarc }]' }, (id, judged) => {
      const isRefused = judged.answer.code >= 500
      const isHeld = judged.answer.code === 250 && judged.stored === undefined
      const isMarked = judged.stored !== undefined && /^(fail|permerror)$/.test(judged.first('dmarc') ?? '')
      assert.ok(isRefused || isHeld || isMarked, `${id}: ${judged.answer.code} ${judged.answer.text} ${judged.results}`)
      outcomes.push(isRefused ? 'refused' : isHeld ? 'quarantined' : 'marked')
    })
    const counts = Map.groupBy(outcomes, outcome => outcome)
    assert.equal(held, counts.get('quarantined')?.length ?? 0)
    t.diagnostic([...counts].map(([outcome, all]) => `${all.length} ${outcome}`).join(', '))
  })

  test('and where nothing is refused, the results name nobody falsely, and end where they should', async t => {
    let delivered = 0
    await sendAll({ rules: '[{ use: dmarc }]', mode: 'observe' }, async (id, judged) => {
      if (judged.stored === undefined) return
      delivered++
      const [read] = await readResults([judged.results])
      assert.equal(read?.authservId, hostname)
      const methods = read?.results.map(({ method }) => method) ?? []
      assert.deepEqual(
        methods.filter(method => method !== 'dkim'),
        ['iprev', 'spf', 'dmarc'],
        id,
      )
      for (const { method, result, properties } of read?.results ?? []) {
        const names = Object.values(properties).filter(value =>
          protectedDomains.some(domain => value === domain || value.endsWith(`.${domain}`)),
        )
        assert.ok(result !== 'pass' || names.length === 0, `${id}: ${method}=${result} ${names}`)
        // `none` is for a domain of the attacker's own, which has no policy; for a protected one it is a failure, or nobody's.
        if (method === 'dmarc') assert.match(result, names.length > 0 ? /^fail$/ : /^(permerror|none)$/, id)
      }
    })
    t.diagnostic(`${delivered} delivered`)
  })
})

function letter(...fields: string[]): Buffer {
  const header = [
    ...fields,
    'To: bob@our.example',
    'Subject: x',
    'Date: Tue, 24 Nov 2026 08:00:00 +0000',
    'Message-ID: <x@x.example>',
  ]
  return Buffer.from([...header, '', 'x', ''].join('\r\n'))
}
