import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseNetwork } from '../../src/mail/network.ts'
import { ConnectionLimits } from '../../src/smtp/connection-limits.ts'
import { defaultLimits } from '../../src/smtp/limits.ts'
import { Client } from './dialogue.ts'
import { openEdge } from './edge.ts'

describe('connection limits', () => {
  it('SRV-24: one address may have so many connections, and no more', async () => {
    await using edge = await openEdge({ limits: { connectionsPerAddress: 2 } })
    const first = await Client.greeted(edge.port)
    const second = await Client.greeted(edge.port)
    const third = await Client.connect(edge.port)
    await third.expect('421 4.7.0 ')
    await third.closed()
    first.destroy()
    while (edge.server.counts.open > 1) await new Promise(setImmediate)
    const fourth = await Client.greeted(edge.port)
    assert.equal(edge.server.counts.refused, 1)
    assert.equal(edge.log.filter(({ message }) => message.startsWith('too many')).length, 1)
    second.destroy()
    fourth.destroy()
  })

  it('its network too, all together, and each minute', async () => {
    for (const limits of [{ connectionsPerNetwork: 1 }, { connections: 1 }, { newPerMinute: 1 }]) {
      await using edge = await openEdge({ limits })
      const first = await Client.greeted(edge.port)
      const second = await Client.connect(edge.port)
      await second.expect('421 4.7.0 ')
      await second.closed()
      first.destroy()
    }
  })

  it('count a /64 as one client each minute', () => {
    const limits = new ConnectionLimits({ ...defaultLimits, newPerMinute: 2 }, [])
    const admitted = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1', '192.0.2.1', '192.0.2.2', '192.0.2.3']
    assert.deepEqual(
      admitted.filter(ip => 'excess' in limits.admit(ip, 0)),
      ['2001:db8::3'],
    )
  })

  it('are not for those who are exempt, nor for proxies', async () => {
    const network = parseNetwork('127.0.0.0/8')
    assert.ok(network)
    for (const options of [{ exempt: [network] }, { listeners: [{ xclient: [network] }] }]) {
      await using edge = await openEdge({ limits: { connectionsPerAddress: 1 }, ...options })
      const clients = [await Client.greeted(edge.port), await Client.greeted(edge.port)]
      for (const client of clients) client.destroy()
    }
  })

  it('hold for a minute, also when the clock is set back an hour', () => {
    const limits = new ConnectionLimits({ ...defaultLimits, newPerMinute: 1 }, [])
    const hour = 3_600_000
    const isIn = (now: number) => 'release' in limits.admit('192.0.2.1', now)
    assert.deepEqual(
      [isIn(2 * hour), isIn(2 * hour + 1), isIn(hour), isIn(hour + 1), isIn(hour + 60_000)],
      [true, false, true, false, true],
    )
  })
})
