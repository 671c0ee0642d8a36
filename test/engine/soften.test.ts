import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import type { AnyPolicy } from '../../src/engine/policy.ts'
import { accept, defer, reject, score } from '../../src/engine/verdict.ts'
import { says, stage, talk, to } from './stage.ts'

const asks = defineFact({
  name: 'asks',
  since: 'message',
  find: async (_, { dns, signal }) => (await dns.query('A', 'x', signal)).status,
})
const leans = defineFact({ name: 'leans', since: 'message', find: (_, { fact }) => fact(asks) })
const looks = defineFact({ name: 'looks', since: 'message', find: ({ message }) => message.size })
const degraded = { isDegraded: () => true }
const ann = to('ann')

it('what rests on the DNS does not refuse while the DNS is in trouble: it waits for a person', async () => {
  for (const fact of [asks, leans]) {
    const play = stage([says('a', 'message', reject('x'), { facts: { fact } })], degraded)
    assert.equal((await talk(play, [ann])).data, 250)
    assert.deepEqual([play.nextHop.got, play.shelf.got], [[], ['ann']])
    const [trace] = play.traces
    assert.deepEqual(
      [trace?.degraded, trace?.entries[0]?.softened, trace?.entries[0]?.verdict.action],
      [true, 'reject', 'quarantine'],
    )
  }
})

it('nor does it send anybody away', async () => {
  const play = stage([says('a', 'message', defer('x'), { facts: { asks } })], degraded)
  assert.equal((await talk(play, [ann])).data, 250)
  assert.deepEqual(play.nextHop.got, ['ann'])
})

it('what does not rest on it refuses as ever', async () => {
  const play = stage([says('a', 'message', reject('x'), { facts: { looks } })], degraded)
  assert.equal((await talk(play, [ann])).data, 550)
})

it('what adds up the points of others rests on whatever they rest on', async () => {
  const rule = says('limit', 'message', reject('x'))
  const policy: AnyPolicy = { ...rule.policy, sumsUp: true }
  assert.equal((await talk(stage([{ ...rule, policy }], degraded), [ann])).data, 250)
})

it('acceptance and points stay what they are', async () => {
  const play = stage([says('a', 'message', score(3, 'x'), { facts: { asks } }), says('b', 'message', accept('x'))], degraded)
  await talk(play, [ann])
  assert.deepEqual([play.traces[0]?.recipients[0]?.score, play.traces[0]?.recipients[0]?.rule], [3, 'b'])
})

it('without trouble the same rule refuses', async () => {
  const play = stage([says('a', 'message', reject('x'), { facts: { asks } })])
  assert.equal((await talk(play, [ann])).data, 550)
  assert.equal(play.traces[0]?.degraded, undefined)
})
