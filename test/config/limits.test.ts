import assert from 'node:assert/strict'
import { it } from 'node:test'
import { limitsSchema } from '../../src/config/limits.ts'
import { defaultLimits } from '../../src/smtp/limits.ts'

it('the limits of the configuration are those of the edge, with the same defaults', () => {
  const { recipients, ...limits } = limitsSchema.parse({})
  assert.deepEqual(limits, defaultLimits)
  assert.equal(recipients, 100)
})
