import type { Violation } from 'postern'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/early-talker.ts'

const who = (...violations: Violation[]) => ({ session: { violations } })

testPolicy(policy, {
  'a patient client passes': { given: who(), expect: 'pass' },
  'SRV-04: talking before the greeting gets points': {
    given: who('talked-before-greeting'),
    expect: 'score 4 talked-before-greeting',
  },
  'SRV-04: commands ahead of EHLO get points': { given: who('pipelined-before-ehlo'), expect: 'score 3 pipelined-before-ehlo' },
  'both are one offence': {
    given: who('pipelined-before-ehlo', 'talked-before-greeting'),
    expect: 'score 4 talked-before-greeting',
  },
  'it may be refused instead': [
    { given: who('talked-before-greeting'), options: { action: 'reject' }, expect: 'reject talked-before-greeting' },
    { given: who('pipelined-before-ehlo'), options: { action: 'reject' }, expect: 'reject pipelined-before-ehlo' },
  ],
})
