import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type DecodedPacket, decode, encode } from 'dns-packet'
import fc from 'fast-check'
import type { DnsType } from '../../src/engine/dns.ts'
import { readAnswer } from '../../src/world/dns-answer.ts'
import { encodeQuery, typeNumbers } from '../../src/world/dns-wire.ts'

const types: readonly DnsType[] = ['A', 'AAAA', 'TXT', 'MX', 'PTR', 'NS', 'TLSA']

function ask<T extends DnsType>(packet: Buffer, type: T, { name = 'a.example', trustAd = false } = {}) {
  return readAnswer(packet, { type, name, trustAd })
}

/** The right frame around records that are written by hand: the question `a.example A`, and how many records are announced. */
function handmade(records: string, count = 1): Buffer {
  const counts = Buffer.from([0, 1, count >> 8, count & 255, 0, 0, 0, 0])
  const question = Buffer.from('\x01a\x07example\0\0\x01\0\x01', 'latin1')
  return Buffer.concat([Buffer.from([0, 1, 0x81, 0x80]), counts, question, Buffer.from(records, 'latin1')])
}

const fixed = '\0\x01\0\x01\0\0\x01\0'

test('compressed names are read', () => {
  const packet = handmade(`\xc0\x0c\0\x0f\0\x01\0\0\x01\0\0\x09\0\x05\x04mail\xc0\x0c`)
  assert.deepEqual(ask(packet, 'MX'), {
    status: 'found',
    records: [{ preference: 5, exchange: 'mail.a.example' }],
    ttlSeconds: 256,
    secure: false,
  })
})

test('TLSA records are read as they stand, and are too short without their three numbers', () => {
  assert.deepEqual(ask(handmade(`\xc0\x0c\0\x34\0\x01\0\0\x01\0\0\x05\x03\x01\x01\xab\xcd`), 'TLSA').records, [
    { usage: 3, selector: 1, matching: 1, data: 'abcd' },
  ])
  assert.match(ask(handmade(`\xc0\x0c\0\x34\0\x01\0\0\x01\0\0\x02\x03\x01`), 'TLSA').error ?? '', /too short/)
})

test('a dot inside a label does not pass for one between labels', () => {
  const packet = handmade('\xc0\x0c\0\x0c\0\x01\0\0\x01\0\0\x10\x09mail.bank\x03org\xc0\x0e')
  assert.deepEqual(ask(packet, 'PTR').records, ['mail\\.bank.org.example'])
})

test('records of other names, other types and other classes do not count', () => {
  const records = [
    `\x01b\xc0\x0e${fixed}\0\x04aaaa`,
    `\xc0\x0c\0\x01\0\x03\0\0\x01\0\0\x04bbbb`,
    `\xc0\x0c\0\x10\0\x01\0\0\x01\0\0\x02\x01x`,
  ]
  assert.equal(ask(handmade(records.join(''), 3), 'A').status, 'nodata')
})

test('a TTL with its highest bit set counts as zero', () => {
  assert.equal(ask(handmade('\xc0\x0c\0\x01\0\x01\xff\0\0\0\0\x04aaaa'), 'A').ttlSeconds, 0)
})

test('what does not fit is a malformed answer, and says how', () => {
  const malformed = [
    ['\xc0\x0c', 255, /more records announced/],
    ['', 65_535, /more than 1000 records/],
    [`\xc0\x0c${fixed}\0\x05aaaa`, 1, /ends behind the packet/],
    [`\xc0\x0c${fixed}\0\x05aaaaa`, 1, /wrong length/],
    [`\xc0\x1b${fixed}\0\x04aaaa`, 1, /points forward/],
    [`\xff\xff${fixed}\0\x04aaaa`, 1, /points forward/],
    [`\x40${'a'.repeat(64)}\0${fixed}\0\x04aaaa`, 1, /too long/],
    [`${`\x3f${'a'.repeat(63)}`.repeat(4)}\0${fixed}\0\x04aaaa`, 1, /too long/],
    [`\x3fa${fixed}\0\x04aaaa`, 1, /out(side| of) /],
  ] as const
  for (const [records, count, error] of malformed) {
    const answer = ask(handmade(records, count), 'A')
    assert.equal(answer.status, 'temperror')
    assert.match(answer.error ?? '', error)
  }
  const text = ask(handmade('\xc0\x0c\0\x10\0\x01\0\0\0\0\0\x02\x05x'), 'TXT')
  assert.match(text.error ?? '', /a string ends behind its record/)
  const host = ask(handmade('\xc0\x0c\0\x0c\0\x01\0\0\0\0\0\x03\xc0\x0cx'), 'PTR')
  assert.match(host.error ?? '', /does not end with its record/)
})

test('a name may not be read from pointer to pointer for ever', () => {
  // The data of the first record, at 38, is a chain of pointers; the name of the second is its last.
  const pointers = Array.from({ length: 40 }, (_, index) => `\xc0${String.fromCharCode(index === 0 ? 12 : 36 + 2 * index)}`)
  const first = `\0\0\x0b\0\x01\0\0\0\0\0${String.fromCharCode(80)}${pointers.join('')}`
  const answer = ask(handmade(`${first}\xc0${String.fromCharCode(36 + 80)}${fixed}\0\x04aaaa`, 2), 'A')
  assert.match(answer.error ?? '', /too many pointers/)
})

test('a name that leads back to itself, at once or by a detour, is malformed', () => {
  // The owner of the first record stands at 27.
  for (const owner of ['\xc0\x1b', '\xc0\x1c', '\x01a\xc0\x1b', '\x01a\x01b\xc0\x1d']) {
    assert.match(ask(handmade(`${owner}${fixed}\0\x04aaaa`), 'A').error ?? '', /points forward|too long|too many pointers/)
  }
})

test('announced counts are not taken at their word', () => {
  const whole = `\xc0\x0c${fixed}\0\x04aaaa`
  for (const at of [6, 8, 10]) {
    for (const count of [2, 1000, 1001, 65_535]) {
      const packet = handmade(whole)
      packet.writeUInt16BE(count, at)
      assert.equal(ask(packet, 'A').status, 'temperror', `${count} at ${at}`)
    }
  }
})

test('wherever a good answer is cut off, the rest is malformed', () => {
  const packet = handmade(`\xc0\x0c${fixed}\0\x04aaaa\xc0\x0c\0\x05\0\x01\0\0\x01\0\0\x04\x01b\xc0\x0e`, 2)
  assert.equal(ask(packet, 'A').status, 'found')
  for (let length = 0; length < packet.length; length += 1) {
    assert.equal(ask(packet.subarray(0, length), 'A').status, 'temperror', `${length} bytes`)
  }
})

test('a record length that is a lie never reads bytes of another record, nor behind the packet', () => {
  for (const [type, data] of [
    ['A', 'aaaa'],
    ['AAAA', 'a'.repeat(16)],
    ['TXT', '\x03abc'],
    ['MX', '\0\x05\xc0\x0c'],
    ['PTR', '\xc0\x0c'],
    ['NS', '\x01b\xc0\x0e'],
  ] as const) {
    for (const length of [0, data.length - 1, data.length + 1, 255]) {
      const head = `\xc0\x0c\0${String.fromCharCode(typeNumbers[type])}\0\x01\0\0\x01\0\0${String.fromCharCode(length)}`
      const answer = ask(handmade(`${head}${data}${'\0'.repeat(12)}`), type)
      // A TXT record may be empty, and its strings may be shorter than one thinks: but what follows is read by its length alone.
      if (type === 'TXT' && answer.status === 'found') assert.match(answer.records.join(), /^(?:abc)?$/)
      else assert.equal(answer.status, 'temperror', `${type} with ${length} bytes`)
    }
  }
})

test('an alias that leads to itself, with owners as long as names may be, comes to an end', () => {
  const label = `\x3f${'a'.repeat(63)}`
  const long = `${label.repeat(3)}\x3d${'b'.repeat(61)}\0`
  const alias = `${long}\0\x05\0\x01\0\0\x01\0\0\x02\xc0\x1b`
  const packet = handmade(alias.repeat(200), 200)
  const name = `${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'b'.repeat(61)}`
  assert.equal(ask(packet, 'A', { name }).error, 'more than 16 CNAMEs')
})

test('a response code of the EDNS record counts too', () => {
  const packet = handmade('\0\0\x29\x04\xd0\x01\0\0\0\0\0')
  packet.writeUInt16BE(0, 6)
  packet.writeUInt16BE(1, 10)
  assert.equal(ask(packet, 'A').error, 'rcode 16')
})

test('a reply that is cut short has no answer', () => {
  const packet = handmade(`\xc0\x0c${fixed}\0\x04aaaa`)
  packet.writeUInt16BE(0x8380, 2)
  assert.deepEqual([ask(packet, 'A').status, ask(packet, 'A').records], ['temperror', []])
})

test('a negative answer without an SOA record does not say how long it holds', () => {
  assert.deepEqual(ask(handmade('', 0), 'A'), { status: 'nodata', records: [], ttlSeconds: 0, secure: false })
})

test('TLS-06: the AD bit counts only from a server that is trusted to set it', () => {
  const packet = handmade(`\xc0\x0c${fixed}\0\x04aaaa`)
  packet.writeUInt16BE(0x81a0, 2)
  assert.equal(ask(packet, 'A', { trustAd: false }).secure, false)
  assert.equal(ask(packet, 'A', { trustAd: true }).secure, true)
})

test('what dns-packet writes is read as it was meant', () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/)
  const host = fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => labels.join('.'))
  const written = fc.oneof(
    fc.record({ type: fc.constant('A' as const), data: fc.ipV4() }),
    fc.record({ type: fc.constantFrom('PTR' as const, 'NS' as const), data: host }),
    fc.record({
      type: fc.constant('MX' as const),
      data: fc.record({ preference: fc.nat(65_535), exchange: host }, { noNullPrototype: true }),
    }),
    fc.record({
      type: fc.constant('TXT' as const),
      data: fc.array(
        fc.uint8Array({ maxLength: 255 }).map(bytes => Buffer.from(bytes)),
        { minLength: 1 },
      ),
    }),
  )
  const check = (name: string, data: { type: 'A' | 'PTR' | 'NS' | 'MX' | 'TXT'; data: unknown }, ttl: number) => {
    const answers = [{ name, ttl, ...data } as Answer]
    const packet = encode({ type: 'response', questions: [{ name, type: data.type }], answers, additionals: answers })
    const expected = data.type === 'TXT' ? Buffer.concat(data.data as Buffer[]).toString('latin1') : data.data
    assert.deepEqual(ask(packet, data.type, { name }), { status: 'found', records: [expected], ttlSeconds: ttl, secure: false })
  }
  fc.assert(fc.property(host, written, fc.nat(100_000), check))
})

test('no bytes make the reader throw', () => {
  const type = fc.constantFrom(...types)
  const statuses = new Set<string>()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), type, (bytes, type) => {
      statuses.add(ask(Buffer.from(bytes), type).status)
    }),
  )
  assert.ok(statuses.has('temperror'))
})

test('no change to a good answer makes the reader throw', () => {
  const name = 'a.example'
  const rest = { name, ttl: 60 }
  const good = types.map(type =>
    encode({
      type: 'response',
      questions: [{ type, name }],
      answers: [
        { type: 'A', ...rest, data: '192.0.2.1' },
        { type: 'AAAA', ...rest, data: '2001:db8::1' },
        { type: 'TXT', ...rest, data: ['text', 'text'] },
        { type: 'MX', ...rest, data: { preference: 1, exchange: name } },
        { type: 'PTR', ...rest, data: name },
        { type: 'NS', ...rest, data: name },
        { type: 'CNAME', name: 'b.example', ttl: 60, data: name },
      ],
      authorities: [{ type: 'SOA', ...rest, data: { mname: name, rname: name, minimum: 1 } }],
    }),
  )
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
  const check = (which: number, changed: [number, number][], cut: number) => {
    const packet = Buffer.from(good[which] ?? [])
    for (const [at, byte] of changed) packet[at % packet.length] = byte
    ask(packet.subarray(0, packet.length - (cut % packet.length)), types[which] ?? 'A')
  }
  fc.assert(fc.property(fc.nat(types.length - 1), changes, fc.oneof(fc.constant(0), fc.nat()), check), { numRuns: 1000 })
})

test('a query is what dns-packet reads as the question, and names that cannot exist make none', () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,63}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 6 }).map(labels => labels.join('.'))
  fc.assert(
    fc.property(name, fc.boolean(), fc.constantFrom(...types), (name, hasDot, type) => {
      const query = encodeQuery(hasDot ? `${name}.` : name, typeNumbers[type])
      if (name.length > 253) return assert.equal(query, undefined)
      const { questions, additionals, rd } = decode(query ?? Buffer.alloc(0)) as DecodedPacket & { rd?: boolean }
      assert.deepEqual(
        questions?.map(({ name, type }) => [name, type]),
        [[name, type]],
      )
      assert.deepEqual(
        additionals?.map(({ type }) => type),
        ['OPT'],
      )
      assert.notEqual(rd, false)
    }),
  )
  for (const bad of [
    '',
    '.',
    'a..b',
    '.a',
    'a..',
    `${'a'.repeat(64)}.example`,
    'ж.example',
    `${'a.'.repeat(127)}bcd`,
    'x'.repeat(100_000),
  ]) {
    assert.equal(encodeQuery(bad, 1), undefined, bad.slice(0, 20))
  }
})
