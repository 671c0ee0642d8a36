import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Gate } from '../../../src/facts/mime/gate.ts'

describe('gate', () => {
  it('lets in two at once, and the others in their order, also when one has failed', async () => {
    const gate = new Gate(2)
    const begun: number[] = []
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const works = ends.map(({ promise }, index) =>
      gate.pass(async () => {
        begun.push(index)
        await promise
        return index
      }),
    )
    const failure = assert.rejects(works[1] ?? Promise.resolve(), /broken/)
    assert.deepEqual(begun, [0, 1])
    ends[1]?.reject(new Error('broken'))
    await failure
    assert.deepEqual(begun, [0, 1, 2])
    for (const { resolve } of ends) resolve()
    assert.deepEqual(await Promise.all(works.toSpliced(1, 1)), [0, 2, 3, 4])
    assert.deepEqual(begun, [0, 1, 2, 3, 4])
  })
})
