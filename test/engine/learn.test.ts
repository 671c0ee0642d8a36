import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import { learn } from '../../src/engine/learn.ts'
import { type Lesson, wasWelcome } from '../../src/engine/lesson.ts'
import type { AnyPolicy } from '../../src/engine/policy.ts'
import { pass, score } from '../../src/engine/verdict.ts'
import { says, stage, talk, to } from './stage.ts'

const size = defineFact({ name: 'size', since: 'message', find: ({ message }) => message.size })

function student(name: string, learnFrom: AnyPolicy['learn']) {
  const rule = says(name, 'message', score(1, 'x'), { facts: { size } })
  return { ...rule, policy: { ...rule.policy, learn: learnFrom } as AnyPolicy }
}

it('a rule learns from what it has found and said, and what became of it', async () => {
  const lessons: Lesson<unknown, { readonly size?: number }>[] = []
  const rule = student('a', async lesson => {
    lessons.push(lesson)
    return [{ text: 'learned', fields: { n: 1 } }]
  })
  const play = stage([rule, says('b', 'message', pass())])
  await talk(play, [to('ann')])
  const [trace] = play.traces
  assert.ok(trace)
  assert.deepEqual(await learn([rule], trace, new Date(0)), [{ rule: 'a', note: { text: 'learned', fields: { n: 1 } } }])
  const [lesson] = lessons
  assert.deepEqual([lesson?.facts.size, lesson?.said.length, lesson?.trace.recipients[0]?.outcome], [21, 1, 'delivered'])
})

it('what goes wrong is told, and hurts nobody else', async () => {
  const play = stage([])
  await talk(play, [to('ann')])
  const [trace] = play.traces
  assert.ok(trace)
  const broken = student('broken', async () => {
    throw new Error('oh')
  })
  const fine = student('fine', async () => [])
  assert.deepEqual(await learn([broken, fine], trace, new Date(0)), [{ rule: 'broken', error: 'Error: oh' }])
})

it('mail is welcome when everybody got it, and nobody had doubts', async () => {
  const ask = async (rules: Parameters<typeof stage>[0]) => {
    const play = stage(rules)
    await talk(play, [to('ann')])
    play.conversation.close('quit')
    const [trace] = play.traces
    return trace && wasWelcome(trace)
  }
  assert.equal(await ask([]), true)
  assert.equal(await ask([says('a', 'message', { action: 'tag', reason: 'x' })]), false)
  assert.equal(await ask([says('a', 'message', { action: 'quarantine', reason: 'x' })]), false)
  assert.equal(await ask([says('a', 'rcpt', { action: 'reject', reason: 'x' })]), false)
})

it('mail for postmaster, which nobody judges, is no recommendation', async () => {
  const play = stage([])
  await talk(play, [to('postmaster')])
  const [trace] = play.traces
  assert.ok(trace)
  assert.deepEqual([trace.recipients[0]?.outcome, trace.recipients[0]?.exempt, wasWelcome(trace)], ['delivered', true, false])
})
