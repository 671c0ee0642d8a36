import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startDnsServer, type Zone, type ZoneRecords } from '../../fixtures/dns-server.ts'
import type { Dns } from '../../src/engine/dns.ts'
import { type CacheOptions, cached } from '../../src/world/cache.ts'
import { latencyBoundsMs, newDnsCounters } from '../../src/world/dns-counters.ts'
import { Resolver } from '../../src/world/resolver.ts'
import { nameServer } from './name-server.ts'

const server = await startDnsServer({})
after(() => server.close())

const address = '192.0.2.1'
const hour = 3600

/** A cache of its own in front of the server, with a clock that goes on when told; the zone holds these names only. */
function fresh(zone: Zone, options: CacheOptions = {}) {
  let time = 1_000_000
  for (const [name, entry] of Object.entries(zone)) server.set(name, entry)
  server.queries.length = 0
  const counters = newDnsCounters()
  const dns = cached(new Resolver({ servers: [server.address], counters }), { now: () => time, counters, ...options })
  const pass = (seconds: number) => {
    time += seconds * 1000
  }
  return { dns, counters, pass, asked: () => server.queries.length }
}

test('a question is asked once, whatever its case', async () => {
  const { dns, counters, asked } = fresh({ 'once.example': { A: [address] } })
  assert.deepEqual((await dns.query('A', 'once.example')).records, [address])
  assert.deepEqual((await dns.query('A', 'ONCE.Example')).records, [address])
  assert.equal(asked(), 1)
  const { questions, answers, cacheHits, cacheMisses, entries, inFlight, latencies } = counters
  assert.deepEqual(
    { questions, cacheHits, cacheMisses, entries, inFlight },
    {
      questions: 1,
      cacheHits: 1,
      cacheMisses: 1,
      entries: 1,
      inFlight: 0,
    },
  )
  assert.deepEqual([answers.found, latencies.reduce((sum, count) => sum + count)], [1, 1])
  assert.equal(latencies.length, latencyBoundsMs.length + 1)
})

test('another type, or another byte in the name, is another question', async () => {
  const { dns, asked } = fresh({ '\xc9.example': { A: [address] }, '\xe9.example': { A: ['192.0.2.2'] } })
  assert.deepEqual((await dns.query('A', '\xc9.example')).records, [address])
  assert.deepEqual((await dns.query('A', '\xe9.example')).records, ['192.0.2.2'])
  assert.equal((await dns.query('TXT', '\xe9.example')).status, 'nodata')
  assert.equal(asked(), 3)
})

test('a question that many ask at the same time is on the wire once', async () => {
  const { dns, asked } = fresh({ 'shared.example': { A: [address] } })
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => dns.query('A', 'shared.example', new AbortController().signal)),
  )
  assert.ok(answers.every(answer => answer.records[0] === address))
  assert.equal(asked(), 1)
})

test('whoever does not want to know any more has nothing asked, and takes nothing from others', async () => {
  const { dns, asked } = fresh({ 'aborted.example': { A: [address] } })
  const abort = new AbortController()
  const impatient = dns.query('A', 'aborted.example', abort.signal)
  const patient = dns.query('A', 'aborted.example')
  abort.abort()
  assert.deepEqual((await dns.query('A', 'other.example', abort.signal)).error, 'aborted')
  assert.deepEqual([(await impatient).records, (await patient).records], [[address], [address]])
  assert.deepEqual((await dns.query('A', 'aborted.example', abort.signal)).records, [address])
  assert.equal(asked(), 1)
})

test('an answer is kept for its TTL', async () => {
  const { dns, pass, asked } = fresh({ 'ttl.example': { A: [address], ttlSeconds: 300 } })
  await dns.query('A', 'ttl.example')
  pass(299)
  await dns.query('A', 'ttl.example')
  assert.equal(asked(), 1)
  pass(1)
  await dns.query('A', 'ttl.example')
  assert.equal(asked(), 2)
})

const clamped: readonly [string, ZoneRecords, number][] = [
  ['a short TTL is a minute', { A: [address], ttlSeconds: 0 }, 60],
  ['a long TTL is an hour', { A: [address], ttlSeconds: 7 * 24 * hour }, hour],
  ['a negative answer is kept for five minutes at most', { TXT: [''] }, 300],
]
for (const [what, records, keptSeconds] of clamped) {
  test(what, async t => {
    const slow = await nameServer(t, { 'clamped.example': records }, { soa: { ttlSeconds: hour, minimumSeconds: hour } })
    let time = 0
    const dns = cached(new Resolver({ servers: [slow.address] }), { now: () => time })
    await dns.query('A', 'clamped.example')
    time = keptSeconds * 1000 - 1
    await dns.query('A', 'clamped.example')
    assert.equal(slow.queries.length, 1)
    time += 1
    await dns.query('A', 'clamped.example')
    assert.equal(slow.queries.length, 2)
  })
}

test('when the servers cannot find out, an expired answer serves for a day', async () => {
  const { dns, counters, pass, asked } = fresh({ 'stale.example': { A: [address], ttlSeconds: 60 } })
  await dns.query('A', 'stale.example')
  server.set('stale.example', 'SERVFAIL')
  pass(60)
  assert.deepEqual((await dns.query('A', 'stale.example')).records, [address])
  assert.deepEqual([counters.stale, counters.answers.temperror], [1, 1])
  pass(29)
  await dns.query('A', 'stale.example')
  assert.equal(asked(), 2)
  pass(24 * hour - 30)
  assert.deepEqual((await dns.query('A', 'stale.example')).records, [address])
  assert.equal(asked(), 3)
  pass(30)
  assert.equal((await dns.query('A', 'stale.example')).status, 'temperror')
})

test('the servers are asked again half a minute after an expired answer served', async () => {
  const { dns, pass } = fresh({ 'back.example': { A: [address], ttlSeconds: 60 } })
  await dns.query('A', 'back.example')
  server.set('back.example', 'SERVFAIL')
  pass(60)
  await dns.query('A', 'back.example')
  server.set('back.example', { A: ['192.0.2.99'] })
  pass(30)
  assert.deepEqual((await dns.query('A', 'back.example')).records, ['192.0.2.99'])
})

test('that something could not be found out is remembered for five seconds only', async () => {
  const { dns, pass, asked } = fresh({ 'trouble.example': 'SERVFAIL' })
  assert.equal((await dns.query('A', 'trouble.example')).status, 'temperror')
  pass(4.999)
  assert.equal((await dns.query('A', 'trouble.example')).status, 'temperror')
  assert.equal(asked(), 1)
  server.set('trouble.example', { A: [address] })
  pass(0.001)
  assert.deepEqual((await dns.query('A', 'trouble.example')).records, [address])
})

test('switched off, it asks each question again', async () => {
  const { dns, asked } = fresh({ 'off.example': { A: [address] } }, { cache: false })
  await dns.query('A', 'off.example')
  server.set('off.example', undefined)
  assert.equal((await dns.query('A', 'off.example')).status, 'nxdomain')
  assert.equal(asked(), 2)
})

test('a mistake below the cache is not remembered', async () => {
  let mistaken = true
  const broken: Dns = {
    query: async () => {
      if (mistaken) throw new Error('mistake')
      return { status: 'nodata', records: [], ttlSeconds: 60, secure: false }
    },
  }
  const dns = cached(broken)
  await assert.rejects(dns.query('A', 'example.org', new AbortController().signal), /mistake/)
  mistaken = false
  assert.equal((await dns.query('A', 'example.org')).status, 'nodata')
})
