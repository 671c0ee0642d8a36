import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Gate } from '../../src/accounts/gate.ts'
import { Throttle } from '../../src/accounts/throttle.ts'
import { memoryStore } from '../../src/testing.ts'

function throttle() {
  let now = new Date(0)
  const store = memoryStore(() => now)
  const passes = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000)
  }
  return {
    throttle: new Throttle(store, { perNetwork: 5, perAccount: 8 }),
    other: new Throttle(store, { perNetwork: 5, perAccount: 8 }),
    passes,
  }
}

describe('SUB-08: wrong passwords', () => {
  it('are looked at later and later, and then not at all, from all of a network', async () => {
    const { throttle: one, other, passes } = throttle()
    const trials = []
    for (let number = 0; number < 6; number++)
      trials.push(await (number % 2 ? one : other).begin(`192.0.2.${number}`, `user${number}`))
    assert.deepEqual(
      trials.map(({ delayMs }) => delayMs),
      [0, 0, 0, 1000, 2000, 0],
    )
    assert.deepEqual(
      trials.map(({ isBlocked }) => isBlocked),
      [false, false, false, false, false, true],
    )
    assert.equal((await one.begin('198.51.100.1', 'user')).isBlocked, false)
    passes(3601)
    assert.equal((await one.begin('192.0.2.1', 'user')).isBlocked, false)
  })

  it('close an account to networks that it is not used from', async () => {
    const { throttle: one } = throttle()
    await (await one.begin('203.0.113.1', 'alice')).succeeded()
    for (let number = 0; number < 9; number++) await one.begin(`10.0.${number}.1`, 'alice')
    assert.equal((await one.begin('198.51.100.1', 'alice')).isBlocked, true)
    assert.equal((await one.begin('203.0.113.200', 'alice')).isBlocked, false, 'its owner is not locked out')
    assert.equal((await one.begin('198.51.100.1', 'bob')).isBlocked, false)
  })

  it('do not count when they were right, or nobody could look at them', async () => {
    const { throttle: one } = throttle()
    for (let number = 0; number < 20; number++) {
      const trial = await one.begin('192.0.2.1', `user${number}`)
      assert.equal(trial.isBlocked, false)
      await (number % 2 ? trial.succeeded() : trial.undone())
    }
  })
})

it('a gate lets so many in at a time, and so many wait', async () => {
  const gate = new Gate({ most: 2, waiting: 2 })
  let [inside, most] = [0, 0]
  const work = async () => {
    most = Math.max(most, ++inside)
    await new Promise(resolve => setImmediate(resolve))
    inside--
    return 'done'
  }
  const all = await Promise.all(Array.from({ length: 6 }, () => gate.pass(work)))
  assert.deepEqual(all, ['done', 'done', 'done', 'done', undefined, undefined])
  assert.equal(most, 2)
  await assert.rejects(gate.pass(() => Promise.reject(new Error('broken'))))
  assert.deepEqual(await Promise.all([gate.pass(work), gate.pass(work), gate.pass(work)]), ['done', 'done', 'done'])
})
