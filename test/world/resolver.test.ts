import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type DnsServer, startDnsServer, type Zone } from '../../fixtures/dns-server.ts'
import { Resolver } from '../../src/world/resolver.ts'
import { nameServer } from './name-server.ts'

const chain = (length: number): Zone =>
  Object.fromEntries(
    Array.from({ length }, (_, link) => [`c${link}.example`, { CNAME: `c${link + 1}.example`, ttlSeconds: 500 - link }]),
  )

const zone: Zone = {
  'example.org': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    MX: [
      { preference: 10, exchange: 'MX.Example.org' },
      { preference: 20, exchange: 'mx2.example.org' },
    ],
    NS: ['ns.example.org'],
    TXT: ['v=spf1 -all', ['v=DK', 'IM1; ', '', 'p='], 'nul\0and\xff\x80', 'x'.repeat(700)],
    ttlSeconds: 900,
  },
  'deep.below.example.org': { A: ['192.0.2.3'] },
  '*.wild.example': { A: ['127.0.0.2'] },
  'taken.wild.example': { TXT: ['here'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['Host.Example.ORG'] },
  'null.example': { MX: [{ preference: 0, exchange: '' }] },
  'www.example': { CNAME: 'web.example', ttlSeconds: 70 },
  'web.example': { CNAME: 'Host.example', ttlSeconds: 400 },
  'host.example': { A: ['192.0.2.9'], ttlSeconds: 90 },
  'dangling.example': { CNAME: 'nowhere.test', ttlSeconds: 30 },
  'loop.example': { CNAME: 'loop.example' },
  ...chain(16),
  'c16.example': { A: ['192.0.2.16'] },
  'longer.example': { CNAME: 'c0.example' },
  'big.example': { A: Array.from({ length: 100 }, (_, host) => `192.0.2.${host}`) },
  'huge.example': { TXT: Array.from({ length: 60 }, () => 'x'.repeat(1000)) },
  'crowd.example': { A: Array.from({ length: 1001 }, (_, host) => `10.0.${host >> 8}.${host & 255}`) },
  'no:such%7e. name\0.\x80\xff\xc9.example': { TXT: ['odd'], PTR: ['\xc9T\xc9\0 x.Example'] },
  'broken.example': 'SERVFAIL',
  'refused.example': 'REFUSED',
  'formerr.example': 'FORMERR',
}

const server = await startDnsServer(zone, { soa: { ttlSeconds: 120, minimumSeconds: 45 } })
const dns = new Resolver({ servers: [server.address], timeoutMs: 1000 })
after(() => server.close())

/** How often each transport was used for a name. */
function transports(of: DnsServer, name: string): string[] {
  return of.queries.filter(query => query.name === name).map(query => query.transport)
}

test('each type of record is found, with its TTL', async () => {
  const found = { status: 'found', ttlSeconds: 900, secure: false }
  assert.deepEqual(await dns.query('A', 'example.org'), { ...found, records: ['192.0.2.1', '192.0.2.2'] })
  assert.deepEqual(await dns.query('AAAA', 'example.org'), { ...found, records: ['2001:db8::1'] })
  assert.deepEqual(await dns.query('NS', 'example.org'), { ...found, records: ['ns.example.org'] })
  const { records } = await dns.query('MX', 'example.org')
  assert.deepEqual(records, [
    { preference: 10, exchange: 'mx.example.org' },
    { preference: 20, exchange: 'mx2.example.org' },
  ])
})

test('PTR names come in lower case, and a final dot of the question does not matter', async () => {
  assert.deepEqual((await dns.query('PTR', '1.2.0.192.IN-ADDR.arpa.')).records, ['host.example.org'])
})

test('the strings of a TXT record are joined, and every byte is kept', async () => {
  const { records } = await dns.query('TXT', 'example.org')
  assert.deepEqual(records, ['v=spf1 -all', 'v=DKIM1; p=', 'nul\0and\xff\x80', 'x'.repeat(700)])
})

test('a null MX has an empty exchange', async () => {
  assert.deepEqual((await dns.query('MX', 'null.example')).records, [{ preference: 0, exchange: '' }])
})

test('no such name and no such record are different answers', async () => {
  assert.equal((await dns.query('A', 'nobody.example.org')).status, 'nxdomain')
  assert.equal((await dns.query('PTR', 'example.org')).status, 'nodata')
  assert.equal((await dns.query('A', 'below.example.org')).status, 'nodata')
})

test('a negative answer holds for the lesser of the SOA record’s TTL and minimum', async () => {
  assert.equal((await dns.query('A', 'nobody.example.org')).ttlSeconds, 45)
  assert.equal((await dns.query('PTR', 'example.org')).ttlSeconds, 45)
})

test('a wildcard stands for the names that do not exist', async () => {
  assert.deepEqual((await dns.query('A', 'some.thing.wild.example')).records, ['127.0.0.2'])
  assert.equal((await dns.query('A', 'taken.wild.example')).status, 'nodata')
})

test('CNAMEs are followed; the least TTL of the chain counts', async () => {
  assert.deepEqual(await dns.query('A', 'WWW.example'), {
    status: 'found',
    records: ['192.0.2.9'],
    ttlSeconds: 70,
    secure: false,
  })
})

test('a CNAME alone is no answer, and its end may not exist', async () => {
  const nodata = await dns.query('TXT', 'www.example')
  assert.deepEqual([nodata.status, nodata.ttlSeconds], ['nodata', 45])
  const nxdomain = await dns.query('A', 'dangling.example')
  assert.deepEqual([nxdomain.status, nxdomain.ttlSeconds], ['nxdomain', 30])
})

test('sixteen CNAMEs are followed, more are trouble', async () => {
  assert.deepEqual((await dns.query('A', 'c0.example')).records, ['192.0.2.16'])
  for (const name of ['longer.example', 'loop.example']) {
    const answer = await dns.query('A', name)
    assert.deepEqual([answer.status, answer.error], ['temperror', `${server.address}: more than 16 CNAMEs`])
  }
})

test('an answer that does not fit into a UDP packet is asked for again over TCP', async () => {
  assert.equal((await dns.query('A', 'big.example')).records.length, 100)
  assert.deepEqual(transports(server, 'big.example'), ['udp', 'tcp'])
  assert.equal((await dns.query('TXT', 'huge.example')).records.length, 60)
})

test('an answer of more than a thousand records is not believed', async () => {
  const answer = await dns.query('A', 'crowd.example')
  assert.deepEqual([answer.status, answer.records.length], ['temperror', 0])
  assert.match(answer.error ?? '', /more than 1000 records/)
})

test('SERVFAIL, REFUSED and FORMERR are "could not find out"', async () => {
  for (const [name, code] of [
    ['broken', 'SERVFAIL'],
    ['refused', 'REFUSED'],
    ['formerr', 'FORMERR'],
  ]) {
    const answer = await dns.query('A', `${name}.example`)
    assert.deepEqual(answer, {
      status: 'temperror',
      records: [],
      ttlSeconds: 0,
      secure: false,
      error: `${server.address}: ${code}`,
    })
  }
})

test('names may have any bytes: colons, percent signs, spaces, NUL, and what is not ASCII', async () => {
  const answer = await dns.query('TXT', 'NO:such%7E. name\0.\x80\xff\xc9.example')
  assert.deepEqual(answer.records, ['odd'])
  assert.equal(server.queries.at(-1)?.name, 'NO:such%7E. name\0.\x80\xff\xc9.example')
})

test('only ASCII letters have a lower case', async () => {
  assert.equal((await dns.query('TXT', 'no:such%7e. name\0.\x80\xff\xe9.example')).status, 'nxdomain')
  assert.deepEqual((await dns.query('PTR', 'no:such%7e. name\0.\x80\xff\xc9.example')).records, ['\xc9t\xc9\0 x.example'])
})

test('whatever bytes a label has, they are the bytes that are asked for', async () => {
  const label = fc
    .uint8Array({ minLength: 1, maxLength: 63 })
    .map(bytes => Buffer.from(bytes).toString('latin1').replaceAll('.', '-'))
  const check = async (labels: string[]) => {
    const name = [...labels, 'test'].join('.')
    await dns.query('A', name)
    assert.equal(server.queries.at(-1)?.name, name)
  }
  await fc.assert(fc.asyncProperty(fc.array(label, { minLength: 1, maxLength: 3 }), check), { numRuns: 50 })
})

test('names that cannot exist are not asked for', async () => {
  const before = server.queries.length
  const long = `${`${'a'.repeat(63)}.`.repeat(3)}${'b'.repeat(62)}`
  for (const name of ['', '.', '..', 'a..b', '.a', `${'a'.repeat(64)}.org`, long, 'bücher☃.example']) {
    assert.equal((await dns.query('A', name)).status, 'nxdomain', name)
  }
  assert.equal(server.queries.length, before)
})

test('the longest possible name is asked for', async () => {
  const name = `${`${'a'.repeat(63)}.`.repeat(3)}${'b'.repeat(61)}`
  assert.equal(name.length, 253)
  assert.equal((await dns.query('A', name)).status, 'nxdomain')
  assert.equal(server.queries.at(-1)?.name, name)
})

test('TLS-06: the AD bit of a resolver on this machine is believed', async t => {
  const validating = await nameServer(t, {
    'signed.example': { A: ['192.0.2.1'], secure: true },
    'plain.example': { A: ['192.0.2.1'] },
  })
  const resolver = new Resolver({ servers: [validating.address] })
  assert.equal((await resolver.query('A', 'signed.example')).secure, true)
  assert.equal((await resolver.query('A', 'plain.example')).secure, false)
})

test('a resolver without servers, or with one that is no address, is a mistake', () => {
  assert.throws(() => new Resolver({ servers: [] }), TypeError)
  assert.throws(() => new Resolver({ servers: ['localhost:53'] }), /found "localhost:53"/)
})
