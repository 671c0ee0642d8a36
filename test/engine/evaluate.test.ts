import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Evaluation, evaluate } from '../../src/engine/evaluate.ts'
import { defineFact, type Fact } from '../../src/engine/fact.ts'
import { Findings } from '../../src/engine/findings.ts'
import { type AnyPolicy, definePolicy } from '../../src/engine/policy.ts'
import { type Rule, rulebook } from '../../src/engine/rule.ts'
import { settle } from '../../src/engine/settle.ts'
import { emptyTally, type Judgement, refusal, type Tally, tallyOf } from '../../src/engine/tally.ts'
import type { TraceEntry } from '../../src/engine/trace.ts'
import { accept, pass, quarantine, reject, score } from '../../src/engine/verdict.ts'
import { withRecordedFacts } from '../../src/report/replay.ts'
import { noDns, says, testRule } from './stage.ts'

const world = { now: () => new Date(0), dns: noDns }

async function run(rules: readonly Rule[], findings = new Findings(['message'], world)) {
  const entries: TraceEntry[] = []
  const until = performance.now() + 10_000
  const evaluation: Evaluation = {
    phase: 'message',
    rulebook: rulebook(rules),
    known: {},
    findings,
    entries,
    now: new Date(0),
    degraded: false,
    until,
  }
  const judgements: Judgement[] = []
  await evaluate(judgements, () => true, { ...evaluation, rules })
  return { tally: tallyOf(judgements, () => true), entries, findings }
}

const outcome = (tally: Tally) => refusal(tally)?.action ?? (tally.quarantine ? 'quarantine' : 'accept')
const at = 'message'

it('reject ends, quarantine goes on, accept skips all but always', async () => {
  const [held, refused, accepted] = [says('a', at, quarantine('x')), says('b', at, reject('x')), says('c', at, accept('x'))]
  assert.equal(outcome((await run([held, refused, accepted])).tally), 'reject')
  assert.equal(outcome((await run([held, accepted])).tally), 'quarantine')
  assert.equal(outcome((await run([accepted, refused])).tally), 'accept')
  assert.equal(outcome((await run([accepted, says('b', at, reject('x'), { always: true })])).tally), 'reject')
})

it('shadow counts for nothing but is traced', async () => {
  const { tally, entries } = await run([says('a', at, reject('x'), { mode: 'shadow' }), says('b', at, score(2, 'x'))])
  assert.deepEqual([outcome(tally), tally.score], ['accept', 2])
  assert.deepEqual(
    entries.map(entry => [entry.rule, entry.verdict.action, entry.shadow]),
    [
      ['a', 'reject', true],
      ['b', 'score', false],
    ],
  )
})

it('a rule that throws or hangs passes or defers, and never rejects', async () => {
  const throws = definePolicy({
    name: 't',
    phase: at,
    summary: '',
    judge: () => {
      throw new Error('boom')
    },
  })
  const hangs = definePolicy({ name: 'h', phase: at, summary: '', onError: 'defer', judge: () => new Promise<never>(() => {}) })
  assert.equal(outcome((await run([testRule(throws as AnyPolicy)])).tally), 'accept')
  const { tally, entries } = await run([testRule(hangs as AnyPolicy, { timeoutMs: 20 })])
  assert.equal(outcome(tally), 'defer')
  assert.match(entries[0]?.error ?? '', /took longer than 20 ms/)
})

it('a rule whose fact broke follows onError', async () => {
  const broken = defineFact({
    name: 'broken',
    since: at,
    find: () => {
      throw new Error('no such thing')
    },
  })
  const policy = definePolicy({
    name: 'p',
    phase: at,
    summary: '',
    onError: 'defer',
    facts: () => ({ broken }),
    judge: () => pass(),
  })
  const { tally, findings } = await run([testRule(policy as AnyPolicy)])
  assert.equal(outcome(tally), 'defer')
  assert.match(findings.entries[0]?.error ?? '', /no such thing/)
})

it('facts are found once, and all of them at the same time', async () => {
  const started: string[] = []
  const both = Promise.withResolvers<void>()
  const look = (name: string): Fact<number, 'message'> =>
    defineFact({
      name,
      since: at,
      async find() {
        started.push(name)
        if (started.length === 2) both.resolve()
        await both.promise // would never end if the facts were found one after the other
        return 1
      },
    })
  const [a, b] = [look('a'), look('b')]
  const uses = (name: string, facts: Record<string, typeof a>) =>
    testRule(definePolicy({ name, phase: at, summary: '', facts: () => facts, judge: () => pass() }) as AnyPolicy)
  const { findings } = await run([uses('first', { a }), uses('second', { a, b })])
  assert.deepEqual(started, ['a', 'b'])
  assert.deepEqual(
    findings.entries.map(entry => [entry.fact, entry.value]),
    [
      ['a', 1],
      ['b', 1],
    ],
  )
})

it('a costly fact is looked up only when its turn comes', async () => {
  let scans = 0
  const scan = defineFact({ name: 'scan', since: at, costly: true, find: () => ++scans })
  const scanner = definePolicy({ name: 's', phase: at, summary: '', facts: () => ({ scan }), judge: () => pass() })
  await run([says('a', at, reject('x')), testRule(scanner as AnyPolicy)])
  assert.equal(scans, 0)
  await run([testRule(scanner as AnyPolicy), testRule(scanner as AnyPolicy)])
  assert.equal(scans, 1)
})

it('a ring of facts is found out', async () => {
  const a: Fact<unknown, 'message'> = defineFact({ name: 'a', since: at, find: (_, { fact }) => fact(b) })
  const b: Fact<unknown, 'message'> = defineFact({ name: 'b', since: at, find: (_, { fact }) => fact(a) })
  const policy = definePolicy({ name: 'p', phase: at, summary: '', facts: () => ({ a }), judge: () => pass() })
  const { entries } = await run([testRule(policy as AnyPolicy)])
  assert.match(entries[0]?.error ?? '', /a -> b -> a/)
})

it('a past transaction can be judged again by other rules, without a single look-up', async () => {
  let looked = 0
  const fact = defineFact({ name: 'f', since: at, find: () => ++looked })
  const policy = definePolicy({
    name: 'p',
    phase: at,
    summary: '',
    reasons: { x: ['7.1', 'No'] },
    facts: () => ({ fact }),
    judge: ({ facts }) => (facts.fact === 1 ? reject('x') : pass()),
  })
  const { findings } = await run([testRule(policy as AnyPolicy, { mode: 'shadow' })])
  const recorded = JSON.parse(JSON.stringify(findings.entries))
  const again = await run(withRecordedFacts([testRule(policy as AnyPolicy)], { facts: recorded }))
  assert.deepEqual([outcome(again.tally), looked], ['reject', 1])
})

it('SRV-22: one reply settles what becomes of every copy', () => {
  const end = (action: 'accept' | 'defer' | 'reject'): Tally => ({
    ...emptyTally,
    end: { action, rule: says('r', at, pass()), reason: 'x' },
  })
  const held: Tally = { ...emptyTally, score: 1, quarantine: { action: 'quarantine', rule: says('r', at, pass()), reason: 'x' } }
  assert.ok(
    'refuse' in
      settle(
        new Map([
          ['a', emptyTally],
          ['b', end('defer')],
        ]),
      ),
  )
  assert.ok(
    'refuse' in
      settle(
        new Map([
          ['a', end('reject')],
          ['b', end('reject')],
        ]),
      ),
  )
  const mixed = new Map([
    ['a', emptyTally],
    ['b', end('reject')],
    ['c', held],
    ['d', end('accept')],
  ])
  assert.deepEqual(settle(mixed), { deliver: ['a', 'd'], quarantine: ['b', 'c'] })
})

it('a rule that keeps the process from everything else is entered as such, whether or not it answers later', async () => {
  const busy = () => {
    const end = performance.now() + 60
    while (performance.now() < end) {}
  }
  const judges: Readonly<Record<string, AnyPolicy['judge']>> = {
    now: () => {
      busy()
      return pass()
    },
    later: async () => {
      busy()
      return pass()
    },
    waits: () => new Promise(resolve => setTimeout(resolve, 60, pass())),
  }
  const rules = Object.entries(judges).map(([name, judge]) => testRule(definePolicy({ name, phase: at, summary: '', judge })))
  const { entries } = await run(rules)
  const blocked = entries.filter(({ blockedMs }) => blockedMs !== undefined && blockedMs >= 60)
  assert.deepEqual(
    blocked.map(({ rule }) => rule),
    ['now', 'later'],
  )
})
