import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dnsbl, listsOf, publicZone, reverseDns } from 'postern/facts'
import { findFact, type Zone, zoneDns } from 'postern/testing'

const find = (zone: Zone, list = 'bl.example', ip = '192.0.2.1') =>
  findFact(dnsbl(list), { session: { client: { ip, port: 1 } } }, zoneDns(zone))
const entry = '1.2.0.192.bl.example'

describe('dnsbl', () => {
  it('BL-01: asks for the octets backwards, and for IPv6 the nibbles', async () => {
    const dns = zoneDns({})
    await findFact(dnsbl('bl.example'), {}, dns)
    await findFact(dnsbl('bl.example'), { session: { client: { ip: '2001:db8::1', port: 1 } } }, dns)
    assert.deepEqual(dns.questions, [
      'A 1.2.0.192.bl.example',
      'A 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example',
    ])
  })

  it('keeps all return codes of a listing', async () => {
    const codes = ['127.0.0.2', '127.0.0.4']
    assert.deepEqual(await find({ [entry]: { A: codes } }), { status: 'listed', codes, proven: false })
  })

  it('finds others clean', async () => {
    assert.deepEqual(await find({ 'bl.example': {} }), { status: 'clean', codes: [], proven: false })
  })

  it('does not know what it could not find out', async () => {
    const found = await find({ [entry]: 'temperror' })
    assert.deepEqual([found.status, found.codes], ['unknown', []])
    assert.match(found.error ?? '', /SERVFAIL/)
  })

  it('does not take a refusal to answer for a listing', async () => {
    for (const code of ['127.255.255.252', '127.255.255.254', '127.255.255.255', '127.255.255.1']) {
      const found = await find({ [entry]: { A: [code] } })
      assert.deepEqual([found.status, found.codes], ['unknown', []])
      assert.ok(found.error?.startsWith(code))
    }
  })

  it('BL-01: does not take the address of a parked domain for a listing', async () => {
    assert.equal((await find({ [entry]: { A: ['203.0.113.80'] } })).status, 'unknown')
  })

  it('BL-04: shows a key neither in its name nor in an error', async () => {
    const zone = 'abcdefghij0123456789.zen.dq.spamhaus.net'
    const found = await find({ [`1.2.0.192.${zone}`]: 'temperror' }, zone)
    assert.equal(dnsbl(zone).name, 'dnsbl(zen.dq.spamhaus.net)')
    assert.equal(found.error, 'SERVFAIL for 1.2.0.192.zen.dq.spamhaus.net')
  })

  it('leaves zones without a key as they are', () => {
    assert.equal(publicZone('zen.spamhaus.org'), 'zen.spamhaus.org')
    assert.equal(publicZone('key.combined.mail.abusix.zone'), 'combined.mail.abusix.zone')
    assert.equal(publicZone('zen.dq.spamhaus.net'), 'zen.dq.spamhaus.net')
  })

  it('tells which lists facts rest on, each once', () => {
    const lists = listsOf([dnsbl('a.example'), reverseDns, dnsbl('b.example'), dnsbl('a.example')])
    assert.deepEqual(
      lists.map(({ zone }) => zone),
      ['a.example', 'b.example'],
    )
  })
})
