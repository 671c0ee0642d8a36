import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startDnsServer, type Zone } from '../../fixtures/dns-server.ts'
import { AddressWatch } from '../../src/doctor/address-watch.ts'
import { catalogue } from '../../src/doctor/catalogue.ts'
import { ownAddresses } from '../../src/doctor/own-addresses.ts'
import { type SweptListing, sweep } from '../../src/doctor/sweep.ts'
import { listZone } from '../../src/facts/index.ts'
import { zoneDns } from '../../src/testing/zone-dns.ts'
import { Resolver } from '../../src/world/resolver.ts'

const list = (zone: string, ipv6?: true) => ({ zone, name: zone, removal: `https://${zone}/`, ...(ipv6 && { ipv6 }) })
const works = (zone: string) => ({ [`2.0.0.127.${zone}`]: { A: ['127.0.0.2'] } })

async function swept(t: TestContext, zone: Zone, { addresses = ['192.0.2.1'], lists = [list('bl.test')] } = {}) {
  const server = await startDnsServer(zone)
  t.after(() => server.close())
  const dns = new Resolver({ servers: [server.address], timeoutMs: 300 })
  const found = await sweep({ addresses, lists, dns, servers: [server.address] })
  return found.map(({ address, zone, status, codes, why }) =>
    [address, zone, status, ...codes, ...(why === undefined ? [] : [why])].join(' '),
  )
}

describe('a list', () => {
  it('lists an address, for a reason, or does not', async t => {
    const zone = { ...works('bl.test'), '1.2.0.192.bl.test': { A: ['127.0.0.3', '127.0.0.4'] } }
    const lines = await swept(t, zone, { addresses: ['192.0.2.1', '192.0.2.2'] })
    assert.deepEqual(lines, ['192.0.2.1 bl.test listed 127.0.0.3 127.0.0.4', '192.0.2.2 bl.test not listed'])
  })

  it('that refuses to answer says nothing, although it has a record', async t => {
    const lines = await swept(t, { ...works('bl.test'), '1.2.0.192.bl.test': { A: ['127.255.255.254'] } })
    assert.match(lines[0] ?? '', /^192\.0\.2\.1 bl\.test unknown 127\.255\.255\.254: /)
  })

  it('that is a parked domain says nothing', async t => {
    const lines = await swept(t, { '*.bl.test': { A: ['198.51.100.7'] } })
    assert.match(lines[0] ?? '', /unknown 198\.51\.100\.7: no list answers with such an address/)
  })

  it('that lists the whole world, or is empty, says nothing', async t => {
    assert.match((await swept(t, { '*.bl.test': { A: ['127.0.0.2'] } }))[0] ?? '', /unknown it lists what must not be listed/)
    assert.match((await swept(t, { 'bl.test': { A: ['192.0.2.9'] } }))[0] ?? '', /unknown it does not list its own test entry/)
  })

  it('that does not answer is not one that has nothing', async t => {
    const lines = await swept(t, { ...works('bl.test'), '1.2.0.192.bl.test': 'SERVFAIL' })
    assert.match(lines[0] ?? '', /^192\.0\.2\.1 bl\.test unknown .*SERVFAIL/i)
  })

  it('is asked about IPv6 only when it has it', async t => {
    const reversed = `${'0.'.repeat(23).slice(0, -1)}`
    const zone = { ...works('six.test'), [`1.${reversed}.8.b.d.0.1.0.0.2.six.test`]: { A: ['127.0.0.2'] } }
    const lines = await swept(t, zone, { addresses: ['2001:db8::1'], lists: [list('bl.test'), list('six.test', true)] })
    assert.deepEqual(lines, ['2001:db8::1 six.test listed 127.0.0.2'])
  })
})

it('two answers that differ are none', async t => {
  const [listing, clean] = [
    await startDnsServer({ '1.2.0.192.bl.test': { A: ['127.0.0.2'] } }),
    await startDnsServer(works('bl.test')),
  ]
  t.after(() => Promise.all([listing.close(), clean.close()]))
  const dns = new Resolver({ servers: [clean.address] })
  const [found] = await sweep({ addresses: ['192.0.2.1'], lists: [list('bl.test')], dns, servers: [listing.address] })
  assert.equal(found?.status, 'unknown')
  assert.match(found?.why ?? '', /two answers differ/)
})

it('what has no time left is unknown', async () => {
  const dns = zoneDns({})
  const found = await sweep({ addresses: ['192.0.2.1'], lists: [list('bl.test')], dns, servers: ['127.0.0.1:9'], timeoutMs: 0 })
  assert.deepEqual(
    found.map(({ status, why }) => [status, why]),
    [['unknown', 'it took too long']],
  )
})

it('every list of the catalogue is a list of addresses that is alive, once, with a page', () => {
  const schema = listZone('addresses')
  for (const { zone, removal } of catalogue) {
    assert.equal(schema.parse(zone), zone)
    assert.equal(new URL(removal).protocol, 'https:')
  }
  assert.equal(new Set(catalogue.map(({ zone }) => zone)).size, catalogue.length)
})

it('our own addresses are the public ones of our name, each once', async () => {
  const dns = zoneDns({
    'mx.our.example': { A: ['5.9.1.2', '5.9.1.2', '10.0.0.1', '192.0.2.1'], AAAA: ['2A01:4F8:0::1', 'fd00::1'] },
  })
  const found = await ownAddresses('mx.our.example', dns)
  assert.deepEqual(
    ['5.9.1.2', '2a01:4f8::1'].filter(address => !found.includes(address)),
    [],
  )
  assert.equal(new Set(found).size, found.length)
  for (const address of ['10.0.0.1', '192.0.2.1', 'fd00::1', '127.0.0.1', '::1']) assert.ok(!found.includes(address))
})

it('the watch tells what is newly listed and what no longer is, and that something is unknown is no news', async t => {
  const turns: SweptListing['status'][] = ['not listed', 'listed', 'listed', 'unknown', 'listed', 'not listed', 'not listed']
  const news: string[] = []
  const found: string[] = []
  const watch = new AddressWatch({
    sweep: async () => [
      { address: '192.0.2.1', zone: 'bl.test', name: 'x', codes: [], removal: '', status: turns.shift() ?? 'unknown' },
    ],
    report: (all, changed) => {
      found.push(...all.map(({ status }) => status))
      news.push(changed.map(({ status }) => status).join())
    },
  })
  t.after(() => watch.stop())
  await watch.start()
  for (let turn = 1; turn < 7; turn++) await watch.look()
  assert.deepEqual(news, ['', 'listed', '', '', '', 'not listed', ''])
  assert.equal(found.length, 7)
})
