import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dnsbl, dnswl, domainList, type ListFact, type ListNews, ListWatch, listsOf } from 'postern/facts'
import { findFact, type ZoneEntry, zoneDns } from 'postern/testing'
import { cached } from '../../src/world/cache.ts'

const healthy: Readonly<Record<string, ZoneEntry>> = {
  '2.0.0.127.bl.example': { A: ['127.0.0.2'] },
  '1.2.0.192.bl.example': { A: ['127.0.0.3'] },
  'example.org': { A: ['192.0.2.80'] },
}

const minuteMs = 60_000

function watch(zone: Record<string, ZoneEntry>, list = 'bl.example') {
  return watchFact(zone, dnsbl(list))
}

function watchFact<T>(zone: Record<string, ZoneEntry>, fact: ListFact<T>) {
  const news: ListNews[] = []
  const clock = { now: 0 }
  const dns = zoneDns(zone)
  const watch = new ListWatch({ dns, lists: listsOf([fact]), report: item => news.push(item), now: () => clock.now })
  return { watch, news, dns, clock, look: () => findFact(fact, {}, watch) }
}

describe('list-watch', () => {
  it('BL-02: has nothing to say about a list that works', async () => {
    const { watch: lists, news, look } = watch({ ...healthy })
    await lists.test()
    assert.deepEqual([news, (await look()).status], [[], 'listed'])
  })

  it('BL-02: suspends a list that lists the whole world, with a word to the log', async () => {
    const { watch: lists, news, look, dns } = watch({ '*.bl.example': { A: ['127.0.0.2'] } })
    await lists.test()
    const asked = dns.questions.length
    const found = await look()
    assert.deepEqual([found.status, found.codes, dns.questions.length], ['suspended', [], asked])
    assert.equal(found.error, news[0]?.why)
    assert.match(found.error ?? '', /whole world/)
    assert.deepEqual([news.length, news[0]?.zone, news[0]?.state], [1, 'bl.example', 'suspended'])
  })

  it('BL-02: suspends a list that is empty', async () => {
    const { watch: lists, look } = watch({ 'bl.example': {} })
    await lists.test()
    assert.equal((await look()).status, 'suspended')
  })

  it('BL-01: suspends a list whose domain has been parked', async () => {
    const { watch: lists, look } = watch({ '*.bl.example': { A: ['203.0.113.80'] } })
    await lists.test()
    assert.match((await look()).error ?? '', /203\.0\.113\.80/)
  })

  it('suspends a list that refuses its own test', async () => {
    const { watch: lists, news } = watch({ '*.bl.example': { A: ['127.255.255.254'] } })
    await lists.test()
    assert.match(news[0]?.why ?? '', /public resolvers/)
  })

  it('suspends a list at once that refuses to answer about a client', async () => {
    const zone = { ...healthy, '1.2.0.192.bl.example': { A: ['127.255.255.255'] } }
    const { watch: lists, news, look } = watch(zone)
    await lists.test()
    assert.deepEqual([(await look()).status, (await look()).status], ['unknown', 'suspended'])
    assert.equal(news.length, 1)
  })

  it('takes a list back that has recovered', async () => {
    const zone: Record<string, ZoneEntry> = { '*.bl.example': { A: ['127.0.0.2'] } }
    const { watch: lists, news, look } = watch(zone)
    await lists.test()
    delete zone['*.bl.example']
    Object.assign(zone, healthy)
    await lists.test()
    assert.deepEqual([news.map(({ state }) => state), (await look()).status], [['suspended', 'working'], 'listed'])
  })

  it('reads nothing into silence: it neither suspends a list nor takes it back', async () => {
    const zone: Record<string, ZoneEntry> = { ...healthy, '2.0.0.127.bl.example': 'temperror' }
    const { watch: lists, news, look } = watch(zone)
    await lists.test()
    await lists.test()
    assert.deepEqual([news.map(({ state }) => state), (await look()).status], [['silent'], 'listed'])

    zone['2.0.0.127.bl.example'] = {}
    await lists.test()
    zone['2.0.0.127.bl.example'] = 'temperror'
    await lists.test()
    assert.deepEqual([news.map(({ state }) => state), (await look()).status], [['silent', 'suspended'], 'suspended'])
  })

  it('is not in the way of other questions', async () => {
    const { watch: lists } = watch({ ...healthy, '1.0.0.127.bl.example': { A: ['127.0.0.2'] } })
    await lists.test()
    assert.deepEqual((await lists.query('A', 'example.org')).records, ['192.0.2.80'])
    assert.equal((await lists.query('A', 'otherbl.example')).status, 'nxdomain')
  })

  it('cannot be made to suspend a list by names that a stranger makes us look up', async () => {
    const { watch: lists, news } = watch({ ...healthy, 'www.bl.example': { A: ['203.0.113.80'] } })
    await lists.test()
    assert.deepEqual((await lists.query('A', 'www.bl.example')).records, ['203.0.113.80'])
    assert.deepEqual(news, [])
  })

  it('BL-04: never tells a key', async () => {
    const list = 'abcdefghij0123456789.zen.dq.spamhaus.net'
    const { watch: lists, news } = watch({ [`2.0.0.127.${list}`]: 'temperror' }, list)
    await lists.test()
    assert.deepEqual(news, [{ zone: 'zen.dq.spamhaus.net', state: 'silent', why: 'SERVFAIL for 2.0.0.127.zen.dq.spamhaus.net' }])
  })

  it('tests at the start, then every half hour until it is stopped', async t => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { watch: lists, dns } = watch({ ...healthy })
    await lists.start()
    assert.equal(dns.questions.length, 2)
    t.mock.timers.tick(30 * 60 * 1000)
    assert.equal(dns.questions.length, 4)
    lists.stop()
    t.mock.timers.tick(30 * 60 * 1000)
    assert.equal(dns.questions.length, 4)
  })

  it('says of an answer whether the list is proven to work', async () => {
    const zone: Record<string, ZoneEntry> = { ...healthy }
    const { watch: lists, clock, look } = watch(zone)
    assert.equal((await look()).proven, false)
    await lists.test()
    clock.now = 59 * minuteMs
    assert.equal((await look()).proven, true)
    clock.now = 60 * minuteMs
    assert.equal((await look()).proven, false)
  })

  it('tests at the servers, not from memory', async () => {
    const zone: Record<string, ZoneEntry> = { ...healthy }
    const clock = { now: 0 }
    const servers = zoneDns(zone)
    const news: ListNews[] = []
    const watch = new ListWatch({
      dns: cached(servers, { now: () => clock.now }),
      uncached: servers,
      lists: listsOf([dnsbl('bl.example')]),
      report: item => news.push(item),
      now: () => clock.now,
    })
    for (const name of ['2.0.0.127.bl.example', '1.0.0.127.bl.example']) await watch.query('A', name)
    zone['2.0.0.127.bl.example'] = 'temperror'
    clock.now = 30 * minuteMs
    await watch.test()
    assert.equal((await watch.query('A', '2.0.0.127.bl.example')).status, 'found')
    assert.deepEqual(
      news.map(({ state }) => state),
      ['silent'],
    )
  })

  it('takes neither silence nor suspension for proof', async () => {
    const zone: Record<string, ZoneEntry> = { ...healthy }
    const { watch: lists, look } = watch(zone)
    await lists.test()
    zone['1.0.0.127.bl.example'] = 'temperror'
    await lists.test()
    assert.deepEqual([(await look()).status, (await look()).proven], ['listed', false])
    zone['1.0.0.127.bl.example'] = { A: ['127.0.0.2'] }
    await lists.test()
    assert.deepEqual([(await look()).status, (await look()).proven], ['suspended', false])
  })

  it('asks a list that is part of another as itself', async () => {
    const zone = { ...healthy, '*.spam.bl.example': { A: ['127.0.0.2'] } }
    const lists = new ListWatch({
      dns: zoneDns(zone),
      lists: listsOf([dnsbl('bl.example'), dnsbl('spam.bl.example')]),
      report: () => {},
    })
    await lists.test()
    assert.equal((await findFact(dnsbl('bl.example'), {}, lists)).status, 'listed')
    assert.equal((await findFact(dnsbl('spam.bl.example'), {}, lists)).status, 'suspended')
  })

  it('suspends a list at once that refuses by a code of its own', async () => {
    const zone = { '2.0.0.127.wl.example': { A: ['127.0.10.0'] }, '1.2.0.192.wl.example': { A: ['127.0.0.255'] } }
    const { watch: lists, news, look } = watchFact(zone, dnswl('wl.example'))
    await lists.test()
    assert.deepEqual([(await look()).status, (await look()).status, news.length], ['unknown', 'suspended', 1])
  })
})

describe('list-watch, of a list of domains', () => {
  const works = { 'test.dbl.example': { A: ['127.0.1.2'] }, 'sender.example.dbl.example': { A: ['127.0.1.4'] } }
  const watchDomains = (zone: Record<string, ZoneEntry>) => watchFact(zone, domainList('dbl.example'))

  it('BL-02: tests it by the names that such lists have and have not', async () => {
    const { watch: lists, news, dns, look } = watchDomains({ ...works })
    await lists.test()
    assert.deepEqual(dns.questions, ['A test.dbl.example', 'A invalid.dbl.example'])
    assert.deepEqual([news, (await look()).status, (await look()).proven], [[], 'listed', true])
  })

  it('BL-02: suspends it when it lists the whole world, is empty, or refuses', async () => {
    const worlds: readonly ZoneEntry[] = [{ A: ['127.0.1.2'] }, {}, { A: ['127.255.255.254'] }, { A: ['127.0.0.1'] }]
    for (const world of worlds) {
      const { watch: lists, look } = watchDomains({ '*.dbl.example': world })
      await lists.test()
      assert.equal((await look()).status, 'suspended', JSON.stringify(world))
    }
  })

  it('cannot be made to suspend it by any name that a stranger chooses', async () => {
    const names = ['odd.dbl.example', '1.2.0.192.dbl.example', 'sender.example.dbl.example']
    for (const code of ['127.255.255.252', '127.0.0.1', '127.0.1.255', '203.0.113.80']) {
      const zone = { ...works, ...Object.fromEntries(names.map(name => [name, { A: [code] }])) }
      const { watch: lists, news, clock, look } = watchDomains(zone)
      await lists.test()
      clock.now = 5 * minuteMs
      for (const name of names) await lists.query('A', name)
      await look()
      assert.deepEqual(news, [], code)
    }
  })

  it('tests it at once when it refuses, though once a minute at most', async () => {
    const zone: Record<string, ZoneEntry> = { ...works }
    const { watch: lists, dns, clock, look } = watchDomains(zone)
    await lists.test()
    Object.assign(zone, { '*.dbl.example': { A: ['127.255.255.255'] }, 'sender.example.dbl.example': { A: ['127.255.255.255'] } })
    const tests = () => dns.questions.filter(question => question === 'A test.dbl.example').length
    await look()
    assert.deepEqual([tests(), (await look()).status], [1, 'unknown'])
    clock.now = minuteMs
    await look()
    assert.deepEqual([tests(), (await look()).status, tests()], [2, 'suspended', 2])
  })
})
