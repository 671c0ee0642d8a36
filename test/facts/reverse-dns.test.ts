import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reverseDns } from 'postern/facts'
import { findFact, type Zone, zoneDns } from 'postern/testing'

const find = (zone: Zone, ip = '192.0.2.1') => findFact(reverseDns, { session: { client: { ip, port: 1 } } }, zoneDns(zone))
const pointer = '1.2.0.192.in-addr.arpa'

describe('reverse-dns', () => {
  it('confirms a name that leads back to the client', async () => {
    const zone = { [pointer]: { PTR: ['mx.example.org'] }, 'mx.example.org': { A: ['198.51.100.9', '192.0.2.1'] } }
    assert.deepEqual(await find(zone), { status: 'confirmed', name: 'mx.example.org', names: ['mx.example.org'] })
  })

  it('confirms an IPv6 address by any spelling of it', async () => {
    const zone = {
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['mx.example.org'] },
      'mx.example.org': { A: ['192.0.2.1'], AAAA: ['2001:0db8:0::1'] },
    }
    assert.equal((await find(zone, '2001:db8::1')).status, 'confirmed')
  })

  it('takes an IPv4 address in IPv6 clothes for what it is', async () => {
    const zone = { [pointer]: { PTR: ['mx.example.org'] }, 'mx.example.org': { A: ['192.0.2.1'] } }
    assert.equal((await find(zone, '::ffff:192.0.2.1')).status, 'confirmed')
  })

  it('is content with any one of several names', async () => {
    const names = ['www.example.org', 'mx.example.org']
    const zone = {
      [pointer]: { PTR: names },
      'www.example.org': { A: ['198.51.100.9'] },
      'mx.example.org': { A: ['192.0.2.1'] },
    }
    assert.deepEqual(await find(zone), { status: 'confirmed', name: 'mx.example.org', names })
  })

  it('does not believe a name that leads elsewhere, or nowhere', async () => {
    const elsewhere = { [pointer]: { PTR: ['mx.bank.example'] }, 'mx.bank.example': { A: ['198.51.100.9'] } }
    assert.deepEqual(await find(elsewhere), { status: 'unconfirmed', name: 'mx.bank.example', names: ['mx.bank.example'] })
    assert.equal((await find({ [pointer]: { PTR: ['nowhere.example'] } })).status, 'unconfirmed')
  })

  it('tells an address without a name from one that nobody could be asked about', async () => {
    assert.deepEqual(await find({}), { status: 'none', names: [] })
    assert.deepEqual(await find({ [pointer]: {} }), { status: 'none', names: [] })
    assert.deepEqual(await find({ [pointer]: 'temperror' }), { status: 'temperror', names: [] })
  })

  it('does not hold it against a client that a name could not be followed', async () => {
    const zone: Zone = {
      [pointer]: { PTR: ['a.example', 'b.example'] },
      'a.example': 'temperror',
      'b.example': { A: ['198.51.100.9'] },
    }
    assert.equal((await find(zone)).status, 'temperror')
    assert.equal((await find({ ...zone, 'b.example': { A: ['192.0.2.1'] } })).status, 'confirmed')
  })

  it('follows ten names and no more', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `host-${n}.example`)
    const dns = zoneDns({ [pointer]: { PTR: names }, 'host-10.example': { A: ['192.0.2.1'] } })
    const found = await findFact(reverseDns, {}, dns)
    assert.deepEqual([found.status, found.names.length, dns.questions.length], ['unconfirmed', 10, 11])
  })

  it('lets nothing pass that is no host name', async () => {
    const zone = { [pointer]: { PTR: ['a b.example', 'x)\r\nSubject: y', '[192.0.2.1]', ''] } }
    assert.deepEqual(await find(zone), { status: 'unconfirmed', names: [] })
  })

  it('says what the name looks like', async () => {
    assert.equal((await find({ [pointer]: { PTR: ['dsl-192-0-2-1.isp.example'] } })).pattern, 'dynamic')
  })
})
