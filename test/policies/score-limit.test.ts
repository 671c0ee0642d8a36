import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/score-limit.ts'

testPolicy(policy, {
  'low scores pass': { score: 7.9, expect: 'pass' },
  'the limit itself counts': { score: 8, expect: 'quarantine suspicious' },
  'and sums of tenths reach it': { score: 7.7 + 0.1 + 0.1 + 0.1, expect: 'quarantine suspicious' },
  'high scores are refused': { score: 12, expect: 'reject high' },
  'the limits are ours to set': { score: 5, options: { quarantineAt: 2, rejectAt: 5 }, expect: 'reject high' },
})

it('score-limit: a message cannot be refused before it would be quarantined', () => {
  const { error } = policy.options.safeParse({ quarantineAt: 8, rejectAt: 6 })
  assert.deepEqual(
    error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ['rejectAt: expected at least as many points as quarantineAt'],
  )
})
