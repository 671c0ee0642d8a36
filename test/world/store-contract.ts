import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/engine/store.ts'

/** A clock that stands still until it is told to go on. */
export class Clock {
  #time = Date.UTC(2026, 0, 1)

  readonly now = (): Date => new Date(this.#time)

  pass(seconds: number): void {
    this.#time += seconds * 1000
  }
}

/** What the engine expects of every store. */
export function storeContract(name: string, open: (now: () => Date) => Store): void {
  const fresh = () => {
    const clock = new Clock()
    return { clock, store: open(clock.now) }
  }

  test(`${name}: what was never set is not there`, async () => {
    assert.equal(await fresh().store.get('key'), undefined)
  })

  test(`${name}: plain JSON data comes back as it was`, async () => {
    const { store } = fresh()
    const values = [{ a: [1, 2.5, null, true], ключ: { '': 'é\0"' } }, 'text', '', 0, -1.5, 2 ** 60, false, null, [], {}]
    for (const value of values) {
      await store.set('key\nwith a line', value, 60)
      assert.deepEqual(await store.get('key\nwith a line'), value)
    }
  })

  test(`${name}: what comes back is a copy`, async () => {
    const { store } = fresh()
    const value = { list: [1] }
    await store.set('key', value, 60)
    value.list.push(2)
    const first = await store.get<{ list: number[] }>('key')
    first?.list.push(3)
    assert.deepEqual(await store.get('key'), { list: [1] })
  })

  test(`${name}: a value that is no JSON data is its author's mistake`, async () => {
    const { store } = fresh()
    const circle: { self?: object } = {}
    circle.self = circle
    for (const value of [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      () => 1,
      new Date(),
      new Map(),
      [undefined],
      { a: new Set() },
      circle,
    ]) {
      await assert.rejects(store.set('key', value, 60), TypeError)
    }
    await assert.rejects(store.add('key', Number.NaN, 60), TypeError)
    await assert.rejects(store.set('key', 1, Number.NaN), TypeError)
    assert.equal(await store.get('key'), undefined)
  })

  test(`${name}: a key expires when its time is up, and not before`, async () => {
    const { store, clock } = fresh()
    await store.set('key', 'value', 10)
    clock.pass(9.999)
    assert.equal(await store.get('key'), 'value')
    clock.pass(0.001)
    assert.equal(await store.get('key'), undefined)
  })

  test(`${name}: setting a key again replaces the value and its time`, async () => {
    const { store, clock } = fresh()
    await store.set('key', 'old', 10)
    clock.pass(9)
    await store.set('key', 'new', 10)
    clock.pass(9)
    assert.equal(await store.get('key'), 'new')
  })

  test(`${name}: a counter's window starts with the first addition`, async () => {
    const { store, clock } = fresh()
    assert.equal(await store.add('key', 1, 10), 1)
    clock.pass(9)
    assert.equal(await store.add('key', 2.5, 10), 3.5)
    assert.equal(await store.get('key'), 3.5)
    clock.pass(1)
    assert.equal(await store.get('key'), undefined)
  })

  test(`${name}: an expired counter starts anew, with a window of its own`, async () => {
    const { store, clock } = fresh()
    await store.add('key', 5, 10)
    clock.pass(10)
    assert.equal(await store.add('key', 1, 20), 1)
    clock.pass(19)
    assert.equal(await store.add('key', 1, 20), 2)
    clock.pass(1)
    assert.equal(await store.add('key', 1, 20), 1)
  })

  test(`${name}: a number that was set can be added to, anything else cannot`, async () => {
    const { store, clock } = fresh()
    await store.set('number', 5, 10)
    assert.equal(await store.add('number', -7, 99), -2)
    await store.set('text', '5', 10)
    await assert.rejects(store.add('text', 1, 10), /"text" holds no number/)
    assert.equal(await store.get('text'), '5')
    clock.pass(10)
    assert.equal(await store.add('text', 1, 10), 1)
  })

  test(`${name}: additions at the same time are all counted`, async () => {
    const { store } = fresh()
    const sums = await Promise.all(Array.from({ length: 50 }, () => store.add('key', 1, 60)))
    assert.equal(Math.max(...sums), 50)
    assert.equal(new Set(sums).size, 50)
  })

  test(`${name}: keys are different when their bytes are`, async () => {
    const { store } = fresh()
    const keys = ['a', 'A', 'a ', 'a\0', 'a\0b', 'á', '']
    for (const [index, key] of keys.entries()) await store.set(key, index, 60)
    for (const [index, key] of keys.entries()) assert.equal(await store.get(key), index)
  })
}
