import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dns } from '../../src/engine/dns.ts'
import { DnsHealth, type DnsNews } from '../../src/world/dns-health.ts'

const minute = 60_000

function health(fails: (name: string) => boolean) {
  const clock = { now: 0 }
  const news: DnsNews[] = []
  const dns: Dns = {
    query: async (_, name) => ({ status: fails(name) ? 'temperror' : 'nxdomain', records: [], ttlSeconds: 0, secure: false }),
  }
  const health = new DnsHealth({ dns, report: told => news.push(told), now: () => clock.now })
  const ask = async (...names: readonly string[]) => {
    for (const name of names) await health.query('A', name)
  }
  return { health, clock, news, ask }
}

const names = (count: number, suffix: string) => Array.from({ length: count }, (_, n) => `a.d${n}-${suffix}.example`)
const isBroken = (name: string) => name.includes('-broken.')

describe('the health of the DNS', () => {
  it('is trouble when more than 30 % of the questions fail', async () => {
    const { health, news, ask } = usual()
    await ask(...names(20, 'good'), ...names(8, 'broken'))
    assert.equal(health.isDegraded, false)
    await ask('b.d9-broken.example')
    assert.equal(health.isDegraded, true)
    assert.deepEqual(news, [{ state: 'degraded', questions: 29, failed: 9 }])
  })

  it('comes back by itself', async () => {
    const { health, clock, news, ask } = usual()
    await ask(...names(20, 'good'), ...names(20, 'broken'))
    assert.equal(health.isDegraded, true)
    clock.now += 3 * minute
    await ask(...names(20, 'fine'))
    assert.equal(health.isDegraded, true)
    clock.now += 3 * minute
    assert.equal(health.isDegraded, false)
    assert.deepEqual(
      news.map(({ state }) => state),
      ['degraded', 'healthy'],
    )
  })

  it('is not judged by a handful of questions', async () => {
    const { health, ask } = usual()
    await ask(...names(19, 'broken'))
    assert.equal(health.isDegraded, false)
  })

  it('is not up to what a message names: keys and policies of others', async () => {
    const { health, ask } = usual()
    await ask(
      ...names(20, 'good'),
      ...names(50, 'broken').map(name => `s._domainkey.${name}`),
      ...names(50, 'broken').map(name => `_dmarc.${name}`),
    )
    assert.equal(health.isDegraded, false)
  })

  it('is not up to one domain whose servers are broken, however often a stranger makes us ask', async () => {
    const { health, ask } = usual()
    await ask(...names(20, 'good'), ...Array.from({ length: 500 }, (_, n) => `n${n}.one-broken.example`))
    assert.equal(health.isDegraded, false)
  })
})

function usual() {
  return health(isBroken)
}
