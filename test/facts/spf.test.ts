import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { spf } from 'postern/facts'
import { findFact, type Given, type Zone, zoneDns } from 'postern/testing'
import { cpuMs } from '../../fixtures/cpu-time.ts'

const from = (ip: string, given: Given = {}): Given => ({ ...given, session: { client: { ip, port: 1 }, ...given.session } })
const find = (zone: Zone, given: Given = {}) => findFact(spf, given, zoneDns(zone))
const record = (...terms: string[]): Zone => ({ 'sender.example': { TXT: [`v=spf1 ${terms.join(' ')}`] } })
const resultOf = async (zone: Zone, given: Given = {}) => (await find(zone, given)).result

describe('spf', () => {
  it('RFC 7208, 2.6: has seven results', async () => {
    assert.equal(await resultOf({}), 'none')
    assert.equal(await resultOf(record('?all')), 'neutral')
    assert.equal(await resultOf(record('ip4:192.0.2.1', '-all')), 'pass')
    assert.equal(await resultOf(record('-all')), 'fail')
    assert.equal(await resultOf(record('~all')), 'softfail')
    assert.equal(await resultOf({ 'sender.example': 'temperror' }), 'temperror')
    assert.equal(await resultOf(record('ip4:nonsense')), 'permerror')
  })

  it('asks about the domain of MAIL FROM', async () => {
    const found = await find(record('ip4:192.0.2.1', '-all'), { sender: { local: 'x', domain: 'sender.example' } })
    assert.deepEqual(found, { result: 'pass', domain: 'sender.example', identity: 'mailfrom' })
  })

  it('RFC 7208, 2.4: asks about the HELO name when the sender is empty', async () => {
    const zone = { 'mx.sender.example': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } }
    const found = await find(zone, { sender: null, session: { helo: 'MX.Sender.Example' } })
    assert.deepEqual(found, { result: 'pass', domain: 'mx.sender.example', identity: 'helo' })
    assert.equal((await find(zone, from('192.0.2.2', { sender: null }))).result, 'fail')
  })

  it('asks nobody about an address literal, a bare postmaster, or a HELO that is no domain', async () => {
    const cases: Given[] = [
      { sender: null, session: { helo: '[192.0.2.1]' } },
      { sender: { local: 'postmaster', domain: '' } },
      { sender: { local: 'x', domain: '[192.0.2.1]' } },
      { sender: null, session: { helo: 'localhost' } },
      { sender: null, session: { helo: 'not a name!' } },
    ]
    for (const given of cases) {
      const dns = zoneDns({})
      assert.equal((await findFact(spf, given, dns)).result, 'none')
      assert.deepEqual(dns.questions, [])
    }
  })

  it('takes an IPv4 client in IPv6 clothes for what it is', async () => {
    assert.equal(await resultOf(record('ip4:192.0.2.1', '-all'), from('::ffff:192.0.2.1')), 'pass')
    assert.equal(await resultOf(record('ip6:2001:db8::/32', '-all'), from('2001:db8::1')), 'pass')
  })

  it('tells what is wrong, without repeating who was asked about', async () => {
    const found = await find(record('include:a.example', 'foo:bar'))
    assert.equal(found.result, 'permerror')
    assert.equal(found.error, 'Unknown mechanism "foo"')
    assert.equal((await find({ 'sender.example': 'temperror' })).error, 'sender.example: SERVFAIL for sender.example')
    const helo = await find({ 'mx.sender.example': 'temperror' }, { sender: null })
    assert.equal(helo.error, 'mx.sender.example: SERVFAIL for mx.sender.example')
  })

  it('RFC 7208, 4.5: two records are a permerror; those of other versions do not count', async () => {
    assert.equal(await resultOf({ 'sender.example': { TXT: ['v=spf1 +all', 'v=spf1 -all'] } }), 'permerror')
    assert.equal(await resultOf({ 'sender.example': { TXT: ['v=spf10 -all', 'v=spf1 ip4:192.0.2.1 -all'] } }), 'pass')
  })

  it('RFC 7208, 4.6.4: ten terms may ask the DNS, and not eleven', async () => {
    const hosts = (count: number): Zone => ({
      ...record(...Array.from({ length: count }, (_, n) => `a:host${n}.example`), 'ip4:192.0.2.1', '-all'),
      ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`host${n}.example`, { A: ['198.51.100.1'] }])),
    })
    assert.equal(await resultOf(hosts(10)), 'pass')
    assert.equal(await resultOf(hosts(11)), 'permerror')
  })

  it('RFC 7208, 4.6.4: two of them may find nothing, and not three', async () => {
    const voids = (count: number) => record(...Array.from({ length: count }, (_, n) => `a:void${n}.example`), '+all')
    assert.equal(await resultOf(voids(2)), 'pass')
    assert.equal(await resultOf(voids(3)), 'permerror')
  })

  it('RFC 7208, 4.6.4: of more than ten mail exchangers it is a permerror, as it is of a loop', async () => {
    const exchangers = (count: number): Zone => ({
      'sender.example': {
        TXT: ['v=spf1 mx -all'],
        MX: Array.from({ length: count }, (_, n) => ({ preference: n, exchange: `mx${n}.example` })),
      },
      ...Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`mx${n}.example`, { A: [n === 9 ? '192.0.2.1' : '198.51.100.1'] }]),
      ),
    })
    assert.equal(await resultOf(exchangers(10)), 'pass')
    assert.equal(await resultOf(exchangers(11), from('192.0.2.77')), 'permerror')
    assert.equal(await resultOf(record('include:sender.example', '-all')), 'permerror')
  })

  it('expands macros, as bytes', async () => {
    const zone = {
      ...record('exists:%{ir}.%{l}.%{d} -all'),
      '1.2.0.192.alice.sender.example': { A: ['127.0.0.2'] },
    }
    assert.equal(await resultOf(zone), 'pass')
    assert.equal(await resultOf(zone, { sender: { local: 'eve', domain: 'sender.example' } }), 'fail')
    // RFC 8616, 4: a local part that is not ASCII matches nothing.
    const wide = { local: 'jörg', domain: 'sender.example' }
    assert.equal(
      await resultOf(
        { ...record('exists:%{l}.sender.example -all'), 'jörg.sender.example': { A: ['127.0.0.2'] } },
        { sender: wide },
      ),
      'fail',
    )
  })

  it('takes a record for none that is longer than any: some take seconds to read', async () => {
    const hostile = [`include:a.${'a'.repeat(60_000)}!`, `exists:${'%{l}'.repeat(15_000)}.example`, `a:x${'/1'.repeat(30_000)}x`]
    for (const term of hostile) {
      const started = cpuMs()
      assert.equal(await resultOf(record(term, '-all')), 'none')
      assert.ok(cpuMs() - started < 200)
    }
  })

  it('any record of ordinary length is read at once', async () => {
    const hostile = [
      `include:a.${'a'.repeat(4000)}!`,
      `exists:${'%{l}'.repeat(1000)}.example`,
      `a:x${'/1'.repeat(2000)}x`,
      '%{'.repeat(2000),
    ]
    const sender = { local: 'a'.repeat(64), domain: 'sender.example' }
    for (const term of hostile) {
      const started = cpuMs()
      await resultOf(record(term, '-all'), { sender })
      assert.ok(cpuMs() - started < 200, term.slice(0, 20))
    }
  })
})
