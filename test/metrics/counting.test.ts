import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseExposition, totalOf } from '../../fixtures/exposition.ts'
import type { RecipientTrace, Trace } from '../../src/engine/trace.ts'
import { inSeconds } from '../../src/metrics/distribution.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { expose, whyUnready } from '../../src/metrics/report.ts'
import { Counts, Series } from '../../src/metrics/series.ts'
import { newDnsCounters } from '../../src/world/dns-counters.ts'

const build = { version: '1.0', configuration: 'abc', mode: 'enforce' } as const

async function read(...all: readonly Metrics[]) {
  return parseExposition((await expose(await Promise.all(all.map(metrics => metrics.report())))).text)
}

function traceOf(recipients: readonly Partial<RecipientTrace>[], more: Partial<Trace> = {}): Trace {
  return {
    id: 'A.1',
    started: '2026-01-01T00:00:00.000Z',
    ms: 1,
    session: { id: 'A', listener: 'mx', client: { ip: '192.0.2.1', port: 1 }, violations: [] },
    sender: 'ann@sender.example',
    recipients: recipients.map(each => ({
      address: 'bob@our.example',
      outcome: 'left',
      score: 0,
      reply: '250 2.1.5 OK',
      ...each,
    })),
    facts: [],
    entries: [],
    ending: 'answered',
    ...more,
  }
}

const fixtures: Parameters<Metrics['start']>[0] = {
  edge: () => [],
  stress: () => ({ stress: 1, stressed: 2 }),
  store: () => ({ reads: 0, writes: 0, errors: 0 }),
  journal: () => ({ written: 0, lost: 0, errors: 0 }),
  folder: { writeTo: async () => {} },
}

describe('series', () => {
  it('are found again by their labels, whatever stands in them', () => {
    const counts = new Counts()
    counts.add('a', 'b')
    counts.add('a', 'b')
    counts.add('ab', '')
    counts.add('__proto__', 'constructor')
    assert.deepEqual(
      counts.all.map(([labels, { value }]) => [...labels, value]),
      [
        ['a', 'b', 2],
        ['ab', '', 1],
        ['__proto__', 'constructor', 1],
      ],
    )
  })

  it('do not grow without end, and lose nothing when they are full', () => {
    const counts = new Counts()
    for (let index = 0; index < 10_000; index++) counts.add(`rule ${index}`, 'x'.repeat(index % 500))
    assert.ok(counts.all.length <= 2001)
    assert.equal(
      counts.all.reduce((sum, [, { value }]) => sum + value, 0),
      10_000,
    )
    assert.ok(counts.all.every(([labels]) => labels.every(label => label.length <= 120)))
    assert.deepEqual(counts.all.at(-1)?.[0], ['other', 'other'])
  })

  it('known labels are there from the start', () => {
    assert.deepEqual(
      new Counts('a', 'b').all.map(([labels, { value }]) => [...labels, value]),
      [
        ['a', 0],
        ['b', 0],
      ],
    )
  })

  it('a distribution counts a value at the bound below it, and what is beyond all at the end', () => {
    const times = new Series(inSeconds).at('x')
    for (const seconds of [0, 0.001, 0.0011, 0.3, 1e9]) times.add(seconds)
    assert.deepEqual(times.counts, [2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    assert.equal(times.sum, 0.0021 + 0.3 + 1e9)
  })
})

describe('traces', () => {
  const outcomes: readonly (readonly [string, readonly Partial<RecipientTrace>[], Partial<Trace>])[] = [
    ['accepted', [{ outcome: 'delivered' }], { reply: '250 2.0.0 Accepted' }],
    ['deferred', [{ outcome: 'deferred' }], { reply: '451 4.3.0 Later' }],
    ['rejected', [{ outcome: 'rejected' }], { reply: '554 5.7.1 No', ending: 'refused by the protocol' }],
    ['rejected', [{ outcome: 'rejected' }, { outcome: 'rejected' }], { ending: 'quit' }],
    ['deferred', [{ outcome: 'rejected' }, { outcome: 'deferred' }], { ending: 'quit' }],
    ['left', [{ outcome: 'rejected' }, { outcome: 'left' }], { ending: 'disconnected' }],
    ['left', [], { ending: 'reset' }],
  ]
  for (const [expected, recipients, more] of outcomes) {
    it(`${recipients.map(({ outcome }) => outcome).join(' and ') || 'nobody'}, ${more.reply ?? more.ending}: ${expected}`, async () => {
      const metrics = new Metrics(build)
      metrics.count(traceOf(recipients, more))
      const samples = await read(metrics)
      assert.equal(totalOf(samples, 'postern_transactions_total', { outcome: expected }), 1)
      assert.equal(totalOf(samples, 'postern_transactions_total'), 1)
    })
  }

  it('verdicts are counted by rule, action, reason and mode; a session without a sender is no transaction', async () => {
    const metrics = new Metrics({ ...build, mode: 'observe' })
    const entry = { phase: 'connect', rule: 'deny', shadow: false, ms: 1 } as const
    const { sender: _, ...session } = traceOf([], {
      entries: [
        { ...entry, verdict: { action: 'reject', reason: 'client' } },
        { ...entry, verdict: { action: 'pass' }, shadow: true, blockedMs: 900 },
        { ...entry, verdict: { action: 'defer', reason: 'error' }, error: 'Error: broken' },
        { ...entry, verdict: { action: 'quarantine', reason: 'client' }, softened: 'reject' },
      ],
    })
    metrics.count(session)
    const samples = await read(metrics)
    const verdicts = (labels: Readonly<Record<string, string>>) =>
      totalOf(samples, 'postern_verdicts_total', { rule: 'deny', ...labels })
    assert.equal(verdicts({ action: 'reject', reason: 'client', mode: 'observe' }), 1)
    assert.equal(verdicts({ action: 'pass', reason: '', mode: 'shadow' }), 1)
    assert.equal(totalOf(samples, 'postern_rule_errors_total', { rule: 'deny' }), 1)
    assert.equal(totalOf(samples, 'postern_verdicts_softened_total', { rule: 'deny' }), 1)
    assert.equal(totalOf(samples, 'postern_rule_blocked_total', { rule: 'deny' }), 1)
    assert.equal(totalOf(samples, 'postern_transactions_total'), 0)
  })
})

describe('several processes', () => {
  it('what is counted adds up, and of states the worst counts', async () => {
    const [one, two] = [new Metrics(build), new Metrics(build)]
    for (const metrics of [one, one, two]) {
      metrics.count(traceOf([{ outcome: 'delivered' }], { reply: '250 2.0.0 OK', message: { size: 5000 } }))
      metrics.meter.phase('rcpt', 20)
    }
    two.reloads.noteFailure()
    const samples = await read(one, two)
    assert.equal(totalOf(samples, 'postern_messages_accepted_total'), 3)
    assert.equal(totalOf(samples, 'postern_accepted_bytes_total'), 15_000)
    assert.equal(totalOf(samples, 'postern_phase_seconds_count', { phase: 'rcpt' }), 3)
    assert.equal(totalOf(samples, 'postern_phase_seconds_bucket', { phase: 'rcpt', le: '0.025' }), 3)
    assert.equal(totalOf(samples, 'postern_phase_seconds_bucket', { phase: 'rcpt', le: '0.01' }), 0)
    assert.equal(totalOf(samples, 'postern_last_reload_successful'), 0)
    assert.equal(totalOf(samples, 'postern_build_info', { version: '1.0', configuration: 'abc', mode: 'enforce' }), 1)
  })

  it('a report goes from one process to another as JSON', async () => {
    const metrics = new Metrics(build)
    metrics.workers = () => ({ alive: 3, restarts: 1 })
    const report = await metrics.report()
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
    const worker = new Metrics(build)
    worker.start(fixtures)
    const samples = parseExposition((await expose([await worker.report(), await worker.report(), report])).text)
    assert.equal(totalOf(samples, 'postern_stress'), 1)
    assert.equal(totalOf(samples, 'postern_stress_periods_total'), 4)
    assert.equal(totalOf(samples, 'postern_workers'), 3)
    assert.equal(totalOf(samples, 'postern_worker_restarts_total'), 1)
  })

  it('are ready as long as one of those that take mail is', () => {
    const [taking, ill, not] = [{ unready: [] }, { unready: ['ill'] }, {}].map(each => ({ metrics: [], ...each }))
    assert.ok(taking && ill && not)
    assert.deepEqual(whyUnready([ill, taking, not]), [])
    assert.deepEqual(whyUnready([ill, ill, not]), ['ill'])
    assert.deepEqual(whyUnready([not]), ['no process takes mail'])
  })

  it('no next hop to be had is a reason to send mail elsewhere, one of two is none', async () => {
    const metrics = new Metrics(build)
    metrics.watch({
      rules: ['deny'],
      facts: [],
      lists: [],
      dns: newDnsCounters(),
      isDegraded: () => true,
      hops: () => [{ name: 'smtp://a' }, { name: 'smtp://b' }],
    })
    assert.deepEqual((await metrics.report()).unready, ['we are not listening yet'])
    metrics.start(fixtures)
    metrics.meter.connected('smtp://a', 5, 'unreachable')
    assert.deepEqual((await metrics.report()).unready, [])
    metrics.meter.connected('smtp://b', 5, 'unreachable')
    assert.deepEqual((await metrics.report()).unready, ['no next hop can be reached'])
    metrics.meter.connected('smtp://a', 5)
    const samples = await read(metrics)
    assert.equal(totalOf(samples, 'postern_next_hop_up', { hop: 'smtp://a' }), 1)
    assert.equal(totalOf(samples, 'postern_next_hop_up', { hop: 'smtp://b' }), 0)
    assert.equal(totalOf(samples, 'postern_dns_degraded'), 1)
    assert.equal(totalOf(samples, 'postern_ready'), 1)
    metrics.stop()
    assert.deepEqual((await metrics.report()).unready, ['we are stopping'])
  })
})
