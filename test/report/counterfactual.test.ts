import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defaultBudgetMs, type Gateway } from '../../src/engine/gateway.ts'
import { definePolicy } from '../../src/engine/policy.ts'
import { type Rule, rulebook } from '../../src/engine/rule.ts'
import { pass, quarantine, reject, score } from '../../src/engine/verdict.ts'
import { findFlips } from '../../src/report/counterfactual.ts'
import { dryGateway, dryTransport, rehearse, type Scene } from '../../src/report/rehearsal.ts'
import { withRecordedFacts } from '../../src/report/replay.ts'
import { ordinary } from '../../src/testing.ts'
import { noDns, says, testRule } from '../engine/stage.ts'

const limit = definePolicy({
  name: 'limit',
  phase: 'message',
  summary: '',
  reasons: { high: ['7.1', 'No'], medium: ['7.1', 'Hm'] },
  judge: ({ tally }) => (tally.score >= 6 ? reject('high') : tally.score >= 4 ? quarantine('medium') : pass()),
})

const { session, sender, recipient, message } = ordinary()
const scene: Scene = { session, helo: 'mx.sender.example', sender, parameters: {}, recipients: [recipient], content: { message } }
const hop = dryTransport('smtp://hop')

const gateway: Gateway = dryGateway({
  rulebook: rulebook([]),
  mode: 'enforce',
  world: { dns: noDns, now: () => new Date(0) },
  isDegraded: () => false,
  quarantine: {
    hold: async () => {
      throw new Error('a rehearsal keeps nothing')
    },
  },
  route: address => ({ transport: hop, recipient: address }),
  isExempt: () => false,
  maxRecipients: 100,
  budgetMs: defaultBudgetMs,
  annotate: () => {
    throw new Error('a rehearsal changes nothing')
  },
  record: () => {
    throw new Error('a rehearsal records nothing')
  },
})

const judge = (rules: readonly Rule[]) => rehearse({ ...gateway, rulebook: rulebook(rules) }, scene)

async function flipsOf(rules: readonly Rule[]) {
  const trace = await judge(rules)
  const flips = await findFlips(trace, rules, others => judge(withRecordedFacts(others, trace)))
  return {
    outcome: trace.recipients.map(({ outcome }) => outcome),
    flips: flips.map(({ change, recipients }) => [change, recipients.map(({ outcome }) => outcome)]),
  }
}

const points = (name: string, points: number) => says(name, 'connect', score(points, 'x'))

it('each rule without which the outcome is another one is found, and how many points less', async () => {
  assert.deepEqual(await flipsOf([points('a', 5), points('b', 1.5), points('c', 0.2), testRule(limit)]), {
    outcome: ['rejected'],
    flips: [
      [{ without: 'a' }, ['delivered']],
      [{ without: 'b' }, ['quarantined']],
      [{ without: 'limit' }, ['delivered']],
      [{ points: -0.8 }, ['quarantined']],
    ],
  })
})

it('mail that was delivered flips with so many points more', async () => {
  assert.deepEqual(await flipsOf([points('a', 1), testRule(limit)]), {
    outcome: ['delivered'],
    flips: [[{ points: 3 }, ['quarantined']]],
  })
})

it('a refusal that no points can change names its rule alone', async () => {
  assert.deepEqual(await flipsOf([says('deny', 'mail', reject('x')), testRule(limit)]), {
    outcome: ['rejected'],
    flips: [[{ without: 'deny' }, ['delivered']]],
  })
})

it('two rules that refuse for themselves are both needed: neither flips it alone', async () => {
  assert.deepEqual((await flipsOf([says('one', 'mail', reject('x')), says('two', 'rcpt', reject('x'))])).flips, [])
})

it('a message that the edge refuses is judged by nobody', async () => {
  const refusal = { code: 550, status: '5.5.2', text: 'Bare LF' }
  const trace = await rehearse({ ...gateway, rulebook: rulebook([testRule(limit)]) }, { ...scene, content: { refusal } })
  assert.equal(trace.ending, 'refused by the protocol')
  assert.deepEqual(trace.entries, [])
  assert.match(trace.reply ?? '', /^550 5\.5\.2 Bare LF/)
})
