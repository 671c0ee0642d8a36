import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Exchangers, findExchangers } from '../../src/mx/exchangers.ts'
import { type Zone, zoneDns } from '../../src/testing/zone-dns.ts'

const own = { isOwnName: (name: string) => name === 'us.example', isOwnAddress: (ip: string) => ip === '192.0.2.99' }

async function find(domain: string, zone: Zone, families: readonly (4 | 6)[] = [6, 4]) {
  return findExchangers(domain, { dns: zoneDns(zone), own, families })
}

/** `550 5.1.2`, or the names of the hosts. */
async function outcome(domain: string, zone: Zone): Promise<string> {
  const found = await find(domain, zone)
  return 'code' in found ? `${found.code} ${found.status}` : found.hosts.map(({ name }) => name).join(' ')
}

async function found(domain: string, zone: Zone, families?: readonly (4 | 6)[]): Promise<Exchangers> {
  const exchangers = await find(domain, zone, families)
  if ('code' in exchangers) throw new Error(`${exchangers.status}: ${exchangers.detail}`)
  return exchangers
}

const mx = (preference: number, exchange: string) => ({ preference, exchange })
const at = (...A: string[]) => ({ A })

describe('the servers of a domain', () => {
  test('CLI-01: by preference, at random among equals', async () => {
    const zone = {
      'a.example': { MX: [mx(20, 'c.example'), mx(10, 'x.example'), mx(10, 'y.example')] },
      'x.example': at('192.0.2.1'),
      'y.example': at('192.0.2.2'),
      'c.example': at('192.0.2.3'),
    }
    const orders = new Set<string>()
    for (let i = 0; i < 60; i++) orders.add(await outcome('a.example', zone))
    assert.deepEqual([...orders].toSorted(), ['x.example y.example c.example', 'y.example x.example c.example'])
  })

  test('CLI-01: the domain itself, only where there is no MX record at all', async () => {
    assert.equal(await outcome('a.example', { 'a.example': at('192.0.2.1') }), 'a.example')
    const zone = { 'a.example': { ...at('192.0.2.1'), MX: [mx(10, 'gone.example')] } }
    assert.equal(await outcome('a.example', zone), '550 5.4.4')
  })

  test('CLI-01: what cannot be found out is tried later, what is not there is refused', async () => {
    assert.equal(await outcome('a.example', { 'a.example': 'temperror' }), '451 4.4.3')
    assert.equal(await outcome('a.example', { 'a.example': { MX: 'temperror', A: ['192.0.2.1'] } }), '451 4.4.3')
    assert.equal(await outcome('a.example', {}), '550 5.1.2')
    assert.equal(await outcome('a.example', { 'a.example': { TXT: ['nothing else'] } }), '550 5.1.2')
    const half = {
      'a.example': { MX: [mx(1, 'x.example'), mx(2, 'y.example')] },
      'x.example': 'temperror',
      'y.example': at('192.0.2.2'),
    } as const
    assert.equal(await outcome('a.example', half), 'x.example y.example')
    assert.equal(await outcome('a.example', { ...half, 'y.example': 'temperror' }), '451 4.4.3')
  })

  test('CLI-02: a null MX takes no mail', async () => {
    assert.equal(await outcome('a.example', { 'a.example': { ...at('192.0.2.1'), MX: [mx(0, '')] } }), '556 5.1.10')
    const mixed = { 'a.example': { MX: [mx(0, ''), mx(10, 'x.example')] }, 'x.example': at('192.0.2.1') }
    assert.equal(await outcome('a.example', mixed), 'x.example')
  })

  test('CLI-03: of hosts that are ourselves, by name or address, and all that are no better, none is used', async () => {
    const zone = (second: string, third: string) => ({
      'a.example': { MX: [mx(10, 'x.example'), mx(20, second), mx(20, 'y.example'), mx(30, third)] },
      'x.example': at('192.0.2.1'),
      'y.example': at('192.0.2.2'),
      'z.example': at('192.0.2.3'),
      'alias.example': at('192.0.2.99', '192.0.2.98'),
      'us.example': at('192.0.2.97'),
    })
    assert.equal(await outcome('a.example', zone('us.example', 'z.example')), 'x.example')
    assert.equal(await outcome('a.example', zone('alias.example', 'z.example')), 'x.example')
    assert.match(await outcome('a.example', zone('z.example', 'us.example')), /^x\.example [yz]\.example [yz]\.example$/)
    const ours = { 'a.example': { MX: [mx(10, 'us.example'), mx(20, 'x.example')] }, 'x.example': at('192.0.2.1') }
    assert.equal(await outcome('a.example', ours), '554 5.4.6')
    assert.equal(await outcome('a.example', { 'a.example': at('192.0.2.99') }), '554 5.4.6')
  })

  test('CLI-04: both kinds of addresses by turns, or those only that can be used', async () => {
    const zone = { 'a.example': { A: ['192.0.2.1', '192.0.2.1'], AAAA: ['2001:db8::1', '2001:db8::1'] } }
    const both = await found('a.example', zone)
    assert.deepEqual(both.hosts[0]?.addresses, ['2001:db8::1', '192.0.2.1', '2001:db8::1', '192.0.2.1'])
    const one = await found('a.example', zone, [4])
    assert.deepEqual(one.hosts[0]?.addresses, ['192.0.2.1', '192.0.2.1'])
  })

  test('an address literal is its own server, and nothing is asked', async () => {
    assert.equal(await outcome('[192.0.2.7]', {}), '192.0.2.7')
    assert.equal(await outcome('[IPv6:2001:db8::7]', {}), '2001:db8::7')
    assert.equal(await outcome('[192.0.2.99]', {}), '554 5.4.6')
  })

  test('of very many records the best ten count, and of those that name an address none', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `mx${index}.example`)
    const records = names.map((name, index) => mx(index, name))
    const zone = Object.fromEntries(names.map(name => [name, at('192.0.2.1')]))
    const { hosts } = await found('a.example', { ...zone, 'a.example': { MX: [...records, mx(0, '192.0.2.5')] } })
    assert.deepEqual(
      hosts.map(({ name }) => name),
      names.slice(0, 10),
    )
    assert.equal(await outcome('a.example', { 'a.example': { MX: [mx(0, '192.0.2.5')] } }), '550 5.4.4')
  })

  test('the provider is who runs the best of them, whatever order chance has given', async () => {
    const zone = {
      'a.example': { MX: [mx(5, 'in2.mail.provider.co.uk'), mx(5, 'in1.mail.provider.co.uk'), mx(9, 'backup.other.example')] },
      'in1.mail.provider.co.uk': at('192.0.2.1'),
      'in2.mail.provider.co.uk': at('192.0.2.1'),
      'backup.other.example': at('192.0.2.1'),
    }
    assert.equal((await found('a.example', zone)).provider, 'provider.co.uk')
  })
})
