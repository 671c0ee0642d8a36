import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import { definePolicy } from '../../src/engine/policy.ts'
import { accept, defer, pass, reject, score } from '../../src/engine/verdict.ts'
import { compareTraces } from '../../src/replay/judged.ts'
import { says, testRule } from '../engine/stage.ts'
import { recipient, trace } from '../report/trace.ts'
import { delivered, replayer } from './recorded.ts'

const colour = defineFact({
  name: 'colour',
  since: 'message',
  find: (): string => {
    throw new Error('a replay looks nothing up')
  },
})
const reasons = { no: ['7.1', 'No'], later: ['7.1', 'Later', 451] } as const
const byColour = testRule(
  definePolicy({
    name: 'by-colour',
    phase: 'message',
    summary: '',
    reasons,
    facts: () => ({ colour }),
    judge: ({ facts }) => (facts.colour === 'red' ? reject('no') : pass()),
  }),
)
const red = { facts: [{ fact: 'colour', value: 'red', ms: 1 }] }

/** Asks everybody to come again after a minute. */
const waits = testRule(
  definePolicy({
    name: 'waits',
    phase: 'rcpt',
    summary: '',
    reasons,
    judge: async ({ session, store, now }) => {
      const first = await store.get<number>(session.client.ip)
      if (first === undefined) await store.set(session.client.ip, now.getTime(), 3600)
      return now.getTime() - (first ?? now.getTime()) < 60_000 ? defer('later') : pass()
    },
  }),
)
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 24) + seconds * 1000).toISOString()

describe('a recorded transaction that is judged again', () => {
  it('has the facts of the record, and what rules make of them', async () => {
    const { judge } = replayer([byColour])
    assert.equal((await judge(delivered(red))).recipients[0]?.outcome, 'rejected')
    assert.equal(
      (await judge(delivered({ facts: [{ fact: 'colour', value: 'blue', ms: 1 }] }))).recipients[0]?.outcome,
      'delivered',
    )
  })

  it('is judged at its time, by rules that remember what came before', async () => {
    const { judge } = replayer([waits])
    const outcomes = []
    for (const seconds of [0, 30, 61, 3601])
      outcomes.push((await judge(delivered({ started: at(seconds) }))).recipients[0]?.outcome)
    // What was remembered for an hour is forgotten then.
    assert.deepEqual(outcomes, ['deferred', 'deferred', 'delivered', 'deferred'])
  })

  it('counts a connection once, however many transactions it has', async () => {
    const counts = testRule(
      definePolicy({
        name: 'counts',
        phase: 'connect',
        summary: '',
        reasons,
        judge: async ({ store }) => score(await store.add('connections', 1, 3600), 'no'),
      }),
    )
    const { judge } = replayer([counts])
    const scores = []
    for (const id of ['A.1', 'A.2', 'B.1', 'A.3']) {
      const session = { ...delivered().session, id: id.slice(0, 1) }
      scores.push((await judge(delivered({ id, session }))).recipients[0]?.score)
    }
    assert.deepEqual(scores, [1, 1, 2, 1])
  })

  it('lets rules learn from what would have become of it', async () => {
    const learns = testRule(
      definePolicy({
        name: 'learns',
        phase: 'message',
        summary: '',
        reasons,
        judge: async ({ store }) => ((await store.get('seen')) ? reject('no') : pass()),
        learn: async ({ trace, store }) => {
          if (trace.recipients[0]?.outcome === 'delivered') await store.set('seen', true, 60)
          return []
        },
      }),
    )
    const { judge } = replayer([learns])
    assert.equal((await judge(delivered())).recipients[0]?.outcome, 'delivered')
    assert.equal((await judge(delivered())).recipients[0]?.outcome, 'rejected')
  })

  it('goes to a next hop that answers as it did', async () => {
    const { judge } = replayer([])
    const unknown = recipient('nobody@our.example', { outcome: 'rejected', reply: '550 5.1.1 No such user [1N3Z8QK4F00A.1]' })
    const again = await judge(delivered({}, [recipient('bob@our.example'), unknown]))
    assert.deepEqual(
      again.recipients.map(({ outcome, reply }) => `${outcome} ${reply.slice(0, 3)}`),
      ['delivered 250', 'rejected 550'],
    )
    const full = { outcome: 'deferred', reply: '452 4.2.2 Full [1N3Z8QK4F00A.1]' } as const
    const later = await judge(delivered({ reply: full.reply }, [recipient('bob@our.example', full)]))
    assert.deepEqual([later.recipients[0]?.outcome, later.reply?.slice(0, 3)], ['deferred', '452'])
  })

  it('ends as it ended: the client leaves, or its message breaks the protocol', async () => {
    const { judge } = replayer([])
    const left = recipient('bob@our.example', { outcome: 'left' })
    assert.equal((await judge(trace({ recipients: [left], ending: 'disconnected' }))).ending, 'disconnected')
    const tooLarge = { ending: 'refused by the protocol', reply: '552 5.3.4 Too large [1N3Z8QK4F00A.1]' } as const
    const { where: _, ...refused } = recipient('bob@our.example', { outcome: 'rejected', reply: tooLarge.reply })
    const again = await judge(trace({ recipients: [refused], ...tooLarge }))
    assert.deepEqual([again.ending, again.recipients[0]?.reply], [tooLarge.ending, tooLarge.reply])
  })
})

describe('what cannot be decided', () => {
  const compare = async (rules: Parameters<typeof replayer>[0], recorded: ReturnType<typeof trace>) => {
    const { gateway, judge } = replayer(rules)
    return compareTraces(recorded, await judge(recorded), gateway).recipients.map(({ after }) => after)
  }

  it('is told with the rule and the fact that was not recorded', async () => {
    assert.deepEqual(await compare([byColour], delivered()), [{ rule: 'by-colour', missing: 'colour' }])
  })

  it('is nothing that a rule in shadow mode asks for, or one that is never reached', async () => {
    const outcomeOf = async (rules: Parameters<typeof replayer>[0]) => {
      const [after] = await compare(rules, delivered())
      return after && 'outcome' in after ? after.outcome : after
    }
    assert.equal(await outcomeOf([{ ...byColour, mode: 'shadow' }]), 'delivered')
    assert.equal(await outcomeOf([says('first', 'connect', accept('x')), byColour]), 'delivered')
    assert.equal(await outcomeOf([says('first', 'message', reject('x')), byColour]), 'rejected')
  })

  it('is a message that never came, because its recipient was refused then', async () => {
    const refused = recipient('bob@our.example', { outcome: 'rejected', reply: '550 5.7.1 No', rule: 'old', reason: 'x' })
    const recorded = trace({ recipients: [refused], ending: 'reset' })
    assert.deepEqual(await compare([byColour], recorded), [{ missing: 'the message' }])
    const [after] = await compare([says('again', 'rcpt', reject('x'))], recorded)
    assert.equal(after && 'outcome' in after && after.outcome, 'rejected')
  })

  it('is a message of which a policy wants to see more than its trace', async () => {
    const reads = testRule(
      definePolicy({
        name: 'reads',
        phase: 'message',
        summary: '',
        reasons,
        judge: ({ message }) => (message.header('X-Spam') ? reject('no') : pass()),
      }),
    )
    assert.deepEqual(await compare([reads], delivered()), [{ rule: 'reads', missing: 'the header field x-spam' }])
  })

  it('is open for all who get one reply', async () => {
    const bob = { ...byColour, appliesTo: ({ local }: { readonly local: string }) => local === 'bob' }
    const both = [recipient('bob@our.example'), recipient('ann@our.example')]
    const gap = { rule: 'by-colour', missing: 'colour' }
    assert.deepEqual(await compare([bob], delivered({}, both)), [gap, gap])
  })
})
