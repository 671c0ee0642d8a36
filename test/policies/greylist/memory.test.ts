import assert from 'node:assert/strict'
import { it } from 'node:test'
import { memoryStore } from 'postern/testing'
import { attempt } from '../../../policies/greylist/memory.ts'

const times = { delay: 120, window: 86_400, keep: 36 * 86_400 }
const identity = { name: 'network 192.0.2.0/24', isDomain: false }

it('whoever invents recipients without end is not remembered without end', async () => {
  const now = new Date(0)
  const store = memoryStore(() => now)
  const written: string[] = []
  const spy = {
    ...store,
    get: store.get.bind(store),
    add: store.add.bind(store),
    set: async (key: string) => void written.push(key),
  }
  for (let n = 0; n < 2000; n++) {
    const outcome = await attempt(
      { identity, sender: null, recipient: { local: `u${n}`, domain: 'our.example' } },
      spy,
      now,
      times,
    )
    assert.equal(outcome.state, 'wait')
  }
  assert.equal(written.filter(key => key.includes(' > ')).length, 500)
})
