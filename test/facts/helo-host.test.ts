import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { heloHost } from 'postern/facts'
import { findFact, type Zone, zoneDns } from 'postern/testing'

async function find(helo: string, zone: Zone = {}) {
  const dns = zoneDns(zone)
  const { form, resolves } = await findFact(heloHost, { session: { helo } }, dns)
  return [form, resolves, dns.questions.length]
}

describe('helo-host', () => {
  it('knows what kind of name it has been given, and asks about full host names only', async () => {
    assert.deepEqual(await find('[192.0.2.1]'), ['literal', 'not-asked', 0])
    assert.deepEqual(await find('[IPv6:2001:db8::1]'), ['literal', 'not-asked', 0])
    assert.deepEqual(await find('[nonsense]'), ['invalid', 'not-asked', 0])
    assert.deepEqual(await find('192.0.2.1'), ['address', 'not-asked', 0])
    assert.deepEqual(await find('2001:db8::1'), ['address', 'not-asked', 0])
    assert.deepEqual(await find('WIN-ABC'), ['unqualified', 'not-asked', 0])
    assert.deepEqual(await find('exchange.firma.local'), ['local', 'not-asked', 0])
    assert.deepEqual(await find('mail.home.arpa.'), ['local', 'not-asked', 0])
    assert.deepEqual(await find('a b.example'), ['invalid', 'not-asked', 0])
  })

  it('finds out whether a host name has an address', async () => {
    assert.deepEqual(await find('MX.example.org', { 'mx.example.org': { A: ['192.0.2.1'] } }), ['name', 'yes', 2])
    assert.deepEqual(await find('mx.example.org', { 'mx.example.org': { A: 'temperror', AAAA: ['2001:db8::1'] } }), [
      'name',
      'yes',
      2,
    ])
    assert.deepEqual(await find('mx.example.org'), ['name', 'no', 2])
    assert.deepEqual(await find('mx.example.org', { 'mx.example.org': { A: 'temperror' } }), ['name', 'temperror', 2])
  })
})
