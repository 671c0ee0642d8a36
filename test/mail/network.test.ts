import assert from 'node:assert/strict'
import { it } from 'node:test'
import { canonicalAddress, neighbourhood, parseNetwork, reversed } from '../../src/mail/network.ts'

it('a network contains its addresses and no others', () => {
  const network = parseNetwork('192.0.2.0/24')
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.255', '192.0.3.1', '2001:db8::1', 'nonsense'].map(ip => network?.contains(ip)),
    [true, true, false, false, false],
  )
  assert.equal(parseNetwork('2001:db8::/32')?.contains('2001:db8:1::2'), true)
})

it('an address alone is a network of one', () => {
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.2'].map(ip => parseNetwork('192.0.2.1')?.contains(ip)),
    [true, false],
  )
})

it('IPv4 in IPv6 clothes is IPv4', () => {
  assert.equal(parseNetwork('192.0.2.0/24')?.contains('::ffff:192.0.2.7'), true)
  assert.equal(canonicalAddress('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(canonicalAddress('2001:DB8:0:0::1'), '2001:db8::1')
})

it('what is no network is not guessed at', () => {
  for (const text of ['', '010.0.0.1', '192.0.2', '192.0.2.0/33', '192.0.2.0/x', '192.0.2.0/', '2001:db8::/129', 'example.org']) {
    assert.equal(parseNetwork(text), undefined, text)
  }
})

it('a client is counted with its /24 or its /64', () => {
  assert.equal(neighbourhood('192.0.2.77'), '192.0.2.0/24')
  assert.equal(neighbourhood('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
})

it('RFC 5782: an address is asked for with its octets or nibbles reversed', () => {
  assert.equal(reversed('192.0.2.99'), '99.2.0.192')
  assert.equal(reversed('2001:db8:1:2:3:4:567:89ab'), 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2')
})
