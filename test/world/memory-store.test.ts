import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../src/world/memory-store.ts'
import { Clock, storeContract } from './store-contract.ts'

storeContract('memory store', memoryStore)

test('the memory store is bounded: what was written longest ago is forgotten first', async () => {
  const store = memoryStore(new Clock().now)
  await store.set('old', 1, 60)
  await store.set('counted', 1, 60)
  for (let index = 0; index < 99_999; index += 1) {
    if (index === 50_000) await store.add('counted', 1, 60)
    await store.set(`key ${index}`, 1, 60)
  }
  assert.equal(await store.get('old'), undefined)
  assert.equal(await store.get('counted'), 2)
})
