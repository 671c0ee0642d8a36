import assert from 'node:assert/strict'
import { it } from 'node:test'
import { dryStore } from '../../src/report/dry-store.ts'
import { memoryStore } from '../../src/testing.ts'

function stores() {
  let now = 0
  const clock = () => new Date(now)
  const real = memoryStore(clock)
  return { real, dry: dryStore(real, clock), pass: (seconds: number) => (now += seconds * 1000) }
}

it('what the real store knows is known, and what is written stays in the rehearsal', async () => {
  const { real, dry } = stores()
  await real.set('seen', { at: 1 }, 60)
  assert.deepEqual(await dry.get('seen'), { at: 1 })
  await dry.set('seen', { at: 2 }, 60)
  await dry.set('new', true, 60)
  assert.deepEqual([await dry.get('seen'), await dry.get('new')], [{ at: 2 }, true])
  assert.deepEqual([await real.get('seen'), await real.get('new')], [{ at: 1 }, undefined])
})

it('a counter goes on from where the real one stands', async () => {
  const { real, dry } = stores()
  await real.add('count', 5, 60)
  assert.equal(await dry.add('count', 2, 60), 7)
  assert.equal(await dry.add('count', 1, 60), 8)
  assert.equal(await real.get('count'), 5)
})

it('a window that began in the rehearsal ends, however often it is added to', async () => {
  const { dry, pass } = stores()
  await dry.add('count', 1, 60)
  pass(40)
  assert.equal(await dry.add('count', 1, 60), 2)
  pass(40)
  assert.equal(await dry.get('count'), undefined)
  assert.equal(await dry.add('count', 1, 60), 1)
})
