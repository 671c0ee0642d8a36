import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import { definePolicy } from '../../src/engine/policy.ts'
import type { Rule } from '../../src/engine/rule.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { defer, pass, reject, score } from '../../src/engine/verdict.ts'
import { findFactFlips } from '../../src/report/fact-flips.ts'
import { judgeAgain } from '../../src/report/judge-again.ts'
import { entry, recipient, trace } from './trace.ts'

const listed = defineFact({
  name: 'listed',
  since: 'connect',
  find: (): string => {
    throw new Error('nobody is to be asked again')
  },
  unobjectionable: () => 'no',
})

const lister = definePolicy({
  name: 'lister',
  phase: 'connect',
  summary: 'Points for who is listed.',
  facts: () => ({ listed }),
  reasons: { listed: ['7.1', 'Listed'] },
  judge: ({ facts }) => (facts.listed === 'yes' ? score(5, 'listed') : pass()),
})

/** Refuses from five points on; it says something else to whom it has seen before. */
const limit = definePolicy({
  name: 'limit',
  phase: 'message',
  sumsUp: true,
  summary: 'Refuse from five points on.',
  reasons: { high: ['7.1', 'Too high'], first: ['7.1', 'First', 451] },
  async judge({ tally, store }) {
    if (tally.score < 5) return pass()
    return (await store.get('seen')) ? reject('high') : defer('first')
  },
})

function ruleOf(policy: Rule['policy']): Rule {
  const store = { get: async () => undefined, set: async () => {}, add: async () => 0 }
  const { name, phase } = policy
  return {
    name,
    policy,
    phase,
    options: {},
    facts: policy.facts({}),
    store,
    mode: 'enforce',
    onError: 'pass',
    timeoutMs: 1000,
    always: false,
  }
}

const rules = [ruleOf(lister), ruleOf(limit)]
const bob = 'bob@our.example'

const refused: Trace = trace({
  recipients: [
    recipient(bob, {
      outcome: 'rejected',
      reply: '550 5.7.1 Too high [1N3Z8QK4F00A.1]',
      rule: 'limit',
      reason: 'high',
      score: 5,
    }),
  ],
  message: { size: 100 },
  facts: [{ fact: 'listed', value: 'yes', ms: 1 }],
  entries: [
    entry('lister', { action: 'score', points: 5, reason: 'listed' }),
    entry('limit', { action: 'reject', reason: 'high' }, { phase: 'message', recipients: [bob] }),
  ],
  reply: '550 5.7.1 Too high [1N3Z8QK4F00A.1]',
})

const outcomes = ({ recipients }: Trace) => recipients.map(({ outcome, reply }) => `${outcome} ${reply.slice(0, 3)}`).join()

it('what a rule remembered then counts, and what a change makes it say counts more', async () => {
  const again = await judgeAgain(refused, 'enforce', { rules })
  assert.ok(again)
  assert.deepEqual(
    again.remembered.map(({ rule, recorded, without }) => `${rule}: ${recorded.action}, without memory ${without.action}`),
    ['limit: reject, without memory defer'],
  )
  assert.equal(outcomes(await again.judge(rules)), 'rejected 550')
  assert.equal(outcomes(await again.judge(rules.slice(1))), 'delivered 250')
})

it('the fact that has decided is named, with what it would have had to be', async () => {
  const again = await judgeAgain(refused, 'enforce', { rules })
  assert.ok(again)
  const before = await again.judge(rules)
  assert.deepEqual(await findFactFlips({ before, facts: refused.facts }, rules, again.judge), [
    {
      change: { fact: 'listed', value: 'no' },
      recipients: [{ address: bob, outcome: 'delivered', reply: '250 2.0.0 OK' }],
    },
  ])
})

for (const [what, changes, expected] of [
  [
    'the next hop at RCPT',
    { recipients: [recipient(bob, { outcome: 'rejected', reply: '550 5.1.1 No such user [1N3Z8QK4F00A.1]' })] },
    'rejected 550',
  ],
  [
    'the relay',
    { recipients: [{ address: bob, outcome: 'rejected', score: 0, reply: '550 5.7.1 Relay denied [1N3Z8QK4F00A.1]' }] },
    'rejected 550',
  ],
  [
    'the next hop after DATA',
    {
      recipients: [recipient(bob, { outcome: 'deferred', reply: '451 4.3.0 Later [1N3Z8QK4F00A.1]' })],
      message: { size: 1 },
      reply: '451 4.3.0 Later [1N3Z8QK4F00A.1]',
    },
    'deferred 451',
  ],
  [
    'the protocol',
    {
      recipients: [recipient(bob, { outcome: 'rejected', reply: '552 5.3.4 Too large [1N3Z8QK4F00A.1]' })],
      ending: 'refused by the protocol',
      reply: '552 5.3.4 Too large [1N3Z8QK4F00A.1]',
    },
    'rejected 552',
  ],
  ['nobody', { message: { size: 1 }, reply: '250 2.0.0 Accepted [1N3Z8QK4F00A.1]' }, 'delivered 250'],
] as const satisfies readonly (readonly [string, Partial<Trace>, string])[]) {
  it(`what was refused by ${what} comes out the same when no rule has changed`, async () => {
    const again = await judgeAgain(trace({ ...changes, facts: [{ fact: 'listed', value: 'no', ms: 1 }] }), 'enforce', { rules })
    assert.equal(outcomes((await again?.judge(rules)) ?? refused), expected)
  })
}

it('a session without MAIL has nothing to judge', async () => {
  const { sender: _, ...silent } = trace({ recipients: [] })
  assert.equal(await judgeAgain(silent, 'enforce', { rules }), undefined)
})
