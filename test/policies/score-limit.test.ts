import { testPolicy } from 'postern/testing'
import policy from '../../policies/score-limit.ts'

const day = 24 * 60 * 60
const options = { kinds: 2 }
const twelve = { 'ip-reputation': 8, authentication: 4 } as const

testPolicy(policy, {
  'little is nothing': { score: 4.9, expect: 'pass' },
  'from five points on a message is doubtful': { score: 5, expect: 'tag doubtful' },
  'from eight on it waits for a person': { score: 8, expect: 'quarantine suspicious' },
  'from twelve on it is refused': { options, evidence: twelve, expect: 'reject high' },
  'sums of tenths are not exact': { options, evidence: { header: 0.1 + 0.2, other: 11.7 }, expect: 'quarantine suspicious' },
  'one kind of evidence refuses nothing, however many points it has': {
    options,
    evidence: { other: 40 },
    expect: 'quarantine suspicious',
  },
  'less than a point is no second kind': { options, evidence: { other: 12, header: 0.9 }, expect: 'quarantine suspicious' },
  'unless one is enough': { evidence: { other: 12 }, expect: 'reject high' },
  'in the first days nothing is refused for its points': [
    { at: 0, options: { trialDays: 14 }, expect: 'pass' },
    { at: 13 * day, options: { trialDays: 14 }, evidence: twelve, expect: 'quarantine would-be-refused' },
    { at: 14 * day, options: { trialDays: 14 }, evidence: twelve, expect: 'reject high' },
  ],
})
