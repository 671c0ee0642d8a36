import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ask, type Sample, scrape, totalOf } from '../../fixtures/exposition.ts'
import { type Matcher, readQuery } from '../../fixtures/promql.ts'
import { startWatched, type Watched } from './watched.ts'
import { alertQueries, dashboardQueries } from './watched-queries.ts'

/** What Prometheus adds to each sample by itself. */
const added = { job: 'postern', instance: '127.0.0.1:9125' } as const
const up: Sample = { name: 'up', labels: {}, value: 1 }

/** Why a query would find nothing in what is exposed. */
function missing(samples: readonly Sample[], query: string): string[] {
  const { selectors, grouping } = readQuery(query)
  const matched = selectors.map(({ metric, matchers }) => {
    const named = samples.filter(({ name }) => name === metric).map(sample => ({ ...sample.labels, ...added }))
    const found = named.filter(labels => matchers.every(matcher => fits(labels, matcher)))
    return { metric, found, hasLabels: found.every(labels => matchers.every(({ label }) => label in labels)) }
  })
  const nothing = matched.filter(({ found, hasLabels }) => found.length === 0 || !hasLabels).map(({ metric }) => metric)
  const strange = grouping.filter(label => !matched.every(({ found }) => found.every(labels => label in labels)))
  return [...nothing, ...strange]
}

function fits(labels: Readonly<Record<string, string>>, { label, operator, value }: Matcher): boolean {
  const actual = labels[label] ?? ''
  const isEqual = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value
  return operator.startsWith('!') ? !isEqual : isEqual
}

describe('a gateway that is watched', () => {
  let watched: Watched
  let samples: readonly Sample[]
  before(async () => {
    watched = await startWatched()
    // Garbage is counted from the first question on, and there has to be some.
    await scrape(watched.metricsPort)
    await watched.traffic()
    do {
      await watched.sendGood()
      samples = [...(await scrape(watched.metricsPort)), up]
    } while (totalOf(samples, 'nodejs_gc_duration_seconds_count') === undefined)
  })
  after(() => watched[Symbol.asyncDispose]())

  it('the check finds names, labels and values that are not there', () => {
    assert.deepEqual(missing(samples, 'sum by (outcome) (rate(postern_recipients_total{outcome="rejected"}[5m]))'), [])
    assert.deepEqual(missing(samples, 'postern_recipient_total'), ['postern_recipient_total'])
    assert.deepEqual(missing(samples, 'postern_recipients_total{outcome="refused"}'), ['postern_recipients_total'])
    assert.deepEqual(missing(samples, 'postern_recipients_total{verdict!="x"}'), ['postern_recipients_total'])
    assert.deepEqual(missing(samples, 'sum by (rule, hop) (postern_recipients_total)'), ['hop'])
    assert.throws(() => readQuery('rat(postern_ready[5m])'), /Unknown function rat/)
    assert.throws(() => readQuery('postern_ready{a=b}'), /label matchers/)
    assert.throws(() => readQuery('1 + 1'), /No metric/)
  })

  it('has everything that the dashboard shows', () => {
    const queries = dashboardQueries('5m')
    assert.ok(queries.length > 50)
    const unfounded = queries.flatMap(({ title, query }) => missing(samples, query).map(what => `${title}: ${what}`))
    assert.deepEqual(unfounded, [])
  })

  it('has everything that the alerts look at', () => {
    const queries = alertQueries()
    assert.ok(queries.length > 10)
    const unfounded = queries.flatMap(({ title, query }) => missing(samples, query).map(what => `${title}: ${what}`))
    assert.deepEqual(unfounded, [])
  })

  it('names what it counts as Prometheus wants it', () => {
    const own = [...new Set(samples.map(({ name }) => name))].filter(name => name.startsWith('postern_'))
    assert.deepEqual(
      own.filter(name => !/^postern_[a-z]+(?:_[a-z]+)*$/.test(name)),
      [],
    )
    assert.deepEqual(
      samples.flatMap(({ labels }) => Object.values(labels)).filter(value => /@|192\.0\.2|sender\.example/.test(value)),
      [],
      'no address of a stranger is a label',
    )
  })

  it('goes on with mail while its metrics are attacked', async () => {
    const attack = (bytes: string): Socket => {
      const socket = connect(watched.metricsPort, '127.0.0.1').on('error', () => {})
      socket.write(bytes)
      return socket
    }
    const sockets = [
      ...Array.from({ length: 50 }, () => attack('GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ')),
      attack('\x00\xff'.repeat(100_000)),
      attack(`GET /${'x'.repeat(1_000_000)} HTTP/1.1\r\n\r\n`),
    ]
    const accepted = totalOf(samples, 'postern_messages_accepted_total') ?? 0
    for (let count = 0; count < 3; count++) await watched.sendGood()
    for (const socket of sockets) socket.destroy()
    const until = Date.now() + 30_000
    for (;;) {
      const now = await scrape(watched.metricsPort).catch(() => undefined)
      if (now && totalOf(now, 'postern_messages_accepted_total') === accepted + 3) break
      assert.ok(Date.now() < until)
    }
    assert.equal((await ask(watched.metricsPort, '/healthz')).status, 200)
  })

  it('answers while mail comes in, and each time with no less than before', async () => {
    const totals: number[] = []
    const sending = Promise.all(Array.from({ length: 20 }, (_, index) => watched.sendGood(`198.51.100.${index}`)))
    let isOver = false
    void sending.finally(() => {
      isOver = true
    })
    do totals.push(totalOf(await scrape(watched.metricsPort), 'postern_messages_accepted_total') ?? 0)
    while (!isOver)
    await sending
    assert.deepEqual(
      totals,
      totals.toSorted((a, b) => a - b),
    )
  })

  it('is not ready once it is told to stop, while it finishes what it has begun', async () => {
    const finish = await watched.beginMessage()
    const stopped = watched.process.stop()
    const until = Date.now() + 30_000
    for (;;) {
      const { status, text } = await ask(watched.metricsPort, '/readyz')
      if (status === 503) {
        assert.equal(text, 'we are stopping\n')
        break
      }
      assert.ok(Date.now() < until)
    }
    assert.equal((await ask(watched.metricsPort, '/healthz')).status, 200)
    assert.equal(await finish(), 250)
    await stopped
    await assert.rejects(ask(watched.metricsPort, '/healthz'))
  })
})
