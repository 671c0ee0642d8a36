import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Network, parseNetwork } from '../../src/mail/network.ts'
import { NetworkList } from '../../src/mail/network-list.ts'

const parse = (texts: readonly string[]) => texts.map(parseNetwork).filter((network): network is Network => network !== undefined)
const list = (...texts: readonly string[]) => new NetworkList(parse(texts))

describe('NetworkList', () => {
  it('finds an address, or the network it is in', () => {
    const entries = list('192.0.2.1', '198.51.100.0/24', '2001:db8::/32')
    const found = ['192.0.2.1', '192.0.2.2', '198.51.100.7', '2001:db8:1::9', '2001:db9::1'].map(ip => entries.find(ip))
    assert.deepEqual(found, ['192.0.2.1', undefined, '198.51.100.0/24', '2001:db8::/32', undefined])
  })

  it('takes every spelling of an address for the same', () => {
    const entries = list('2001:DB8:0:0::1', '::ffff:192.0.2.1', '198.51.100.77/24')
    assert.equal(entries.find('2001:db8::1'), '2001:DB8:0:0::1')
    assert.equal(entries.find('192.0.2.1'), '::ffff:192.0.2.1')
    assert.equal(entries.find('::ffff:198.51.100.1'), '198.51.100.77/24')
  })

  it('answers as each of its networks would', () => {
    const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`)
    const network6 = fc.tuple(fc.ipV6(), fc.integer({ min: 97, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`)
    const address = fc.oneof(fc.ipV4(), fc.ipV6())
    fc.assert(
      fc.property(fc.array(fc.oneof(network, network6, address)), address, (texts, ip) => {
        const found = list(...texts).find(ip) !== undefined
        return found === parse(texts).some(entry => entry.contains(ip))
      }),
      { numRuns: 200 },
    )
  })
})
