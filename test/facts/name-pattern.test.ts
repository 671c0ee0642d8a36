import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type NamePattern, namePattern } from '../../src/facts/name-pattern.ts'

const patterns: Readonly<Record<string, NamePattern | 'none'>> = {
  'mail.example.org': 'none',
  'mail.poolservice.example': 'none',
  'mx1.dynamic-systems.example': 'none',
  'smtp-pool-3.provider.example': 'none',
  'host.example.org': 'none',
  'vps1.example.org': 'none',
  'client.mail.example.org': 'none',
  'example.org': 'none',
  'a27-3.smtp-out.eu-west-1.amazonses.com': 'none',
  'pool-192-0-2-1.isp.example': 'dynamic',
  '192.0.2.1.dynamic.isp.example': 'dynamic',
  'adsl-1-2-0-192.isp.example': 'dynamic',
  'ppp85.isp.example': 'dynamic',
  'dynamic.isp.example': 'dynamic',
  'mail-192-0-2-1.pool.isp.example': 'dynamic',
  'static-192-0-2-1.isp.example': 'static',
  'host-192-0-2-1.static.dsl.isp.example': 'static',
  '192-0-2-1.isp.example': 'generic',
  'h1.2.0.192.isp.example': 'generic',
  'ip-0-2-1.isp.example': 'generic',
  'ip192000002001.isp.example': 'generic',
  'pc0000201.isp.example': 'generic',
  'vps-1a2b3c4d.vps.hoster.example': 'generic',
  'customer4711.isp.example': 'generic',
  'ec2-192-0-2-1.compute-1.amazonaws.com': 'generic',
}

describe('name-pattern', () => {
  for (const [name, expected] of Object.entries(patterns)) {
    it(`${name} is ${expected}`, () => {
      assert.equal(namePattern(name, '192.0.2.1') ?? 'none', expected)
    })
  }

  it('finds an IPv6 address in a name', () => {
    const ip = '2001:db8::a:1'
    const names = ['2001-db8--a-1.isp.example', '20010db80000000000000000000a0001.isp.example', 'mx.example.org']
    assert.deepEqual(
      names.map(name => namePattern(name, ip)),
      ['generic', 'generic', undefined],
    )
  })
})
