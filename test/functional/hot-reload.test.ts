import assert from 'node:assert/strict'
import { it } from 'node:test'
import { namesOf, policy, start, test, traffic } from '../peers/support/own-policy.ts'

it('a policy that is broken on save keeps the old one in force, and is mended, while mail goes on', async t => {
  const { save, next, everywhere, client } = await start(t)
  assert.deepEqual(await everywhere('eve'), [550, 550])
  const stop = traffic(t, { client, everyMs: 100 })

  await save('mine.ts', policy.replace("reject('unwanted')", "reject('unwanted'"))
  const broken = await next()
  assert.equal(broken.msg, 'the old configuration stays in force')
  assert.match(broken.problem ?? '', /^\.\/mine\.ts:9:\d+: rules\[0\]\.use: expected a policy file that loads, found SyntaxError/)
  assert.deepEqual(await everywhere('eve'), [550, 550])

  await save('mine.ts', policy)
  assert.equal((await next()).msg, 'the new configuration is in force')
  assert.deepEqual(await everywhere('eve'), [550, 550])

  const outcomes = await stop()
  assert.ok(outcomes.length > 5)
  assert.deepEqual(new Set(outcomes), new Set([250]))
})

it('a file that it imports counts like itself, and its test is asked before', async t => {
  const { save, next, everywhere } = await start(t)
  await save('names.ts', namesOf('mallory'))
  const refused = await next()
  assert.equal(refused.msg, 'the old configuration stays in force')
  assert.deepEqual(await everywhere('mallory'), [250, 250])
  // A test that hangs is overtaken by the one that is saved next.
  await save('mine.test.ts', `${test}for (;;) {}\n`)
  await save('mine.test.ts', test.replace('eve', 'mallory'))
  assert.equal((await next()).msg, 'the new configuration is in force')
  assert.deepEqual(await everywhere('mallory'), [550, 550])
  assert.deepEqual(await everywhere('eve'), [250, 250])
})
