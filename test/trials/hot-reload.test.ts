import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { namesOf, policy, start, test, traffic } from '../peers/support/own-policy.ts'

it('100 messages a second go on while a policy is broken and mended, which is in force within two seconds', async t => {
  const { save, next, client, everywhere, log } = await start(t)
  const stop = traffic(t, { client, everyMs: 10 })
  await wait(1000)
  const timed = async (doing: Promise<unknown>) => {
    const began = performance.now()
    await doing
    const news = await next()
    return { ...news, ms: performance.now() - began }
  }
  const broken = await timed(save('mine.ts', policy.slice(0, -20)))
  assert.equal(broken.msg, 'the old configuration stays in force')
  assert.match(broken.problem ?? '', /mine\.ts:\d+:\d+: .*SyntaxError/)
  const mended = await timed(
    Promise.all([
      save('mine.ts', policy),
      save('names.ts', namesOf('mallory')),
      save('mine.test.ts', test.replace('eve', 'mallory')),
    ]),
  )
  assert.equal(mended.msg, 'the new configuration is in force')
  assert.ok(mended.ms < 2000, `${mended.ms} ms`)
  await wait(1000)
  const outcomes = await stop()
  assert.ok(outcomes.length > 250, `${outcomes.length} messages`)
  assert.deepEqual(new Set(outcomes), new Set([250]))
  assert.deepEqual(await everywhere('mallory'), [550, 550])
  assert.equal(log.filter(({ msg }) => msg === 'a worker is ready').length, 2, 'no worker was replaced')
  t.diagnostic(
    `${outcomes.length} messages; told as broken after ${Math.round(broken.ms)} ms, in force after ${Math.round(mended.ms)} ms`,
  )
})
