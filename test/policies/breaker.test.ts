import { testPolicy } from 'postern/testing'
import policy from '../../policies/breaker.ts'

const alice = { session: { listener: 'submission', user: 'alice' } } as const
const to = (...names: readonly string[]) => names.map(local => ({ local, domain: 'away.example' }))
/** A test of RCPT has one recipient; what the policy learns from has these. */
const writes = (...names: readonly string[]): typeof alice => Object.assign({ recipients: to(...names) }, alice)
const options = { recipients: 3, refused: 2, seconds: 60, days: 1 } as const
const told = ['an account has been stopped: give it another password, then release it with `postern account release`']

testPolicy(policy, {
  'an account that writes to more people than anybody would is stopped, and stays so': [
    { options, given: writes('a', 'b'), expect: 'pass', becomes: 'delivered' },
    { options, given: writes('A', 'c'), expect: 'pass', becomes: 'delivered' },
    { options, given: writes('d'), expect: 'defer stopped', becomes: 'deferred', notes: told },
    { at: 3600, options, given: alice, expect: 'defer stopped', becomes: 'deferred' },
    { at: 3600, options, given: { session: { listener: 'submission', user: 'bob' } }, expect: 'pass' },
    { at: 25 * 3600, options, given: alice, expect: 'pass' },
  ],
  'whoever writes to the same people again is not counted for it': [
    { options, given: writes('a'), expect: 'pass', becomes: 'delivered' },
    { options, given: writes('a'), expect: 'pass', becomes: 'delivered' },
    { options, given: writes('a'), expect: 'pass', becomes: 'delivered' },
    { options, given: writes('a'), expect: 'pass', becomes: 'delivered' },
  ],
  'the recipients of one message count too': {
    options,
    given: { ...alice, others: to('a', 'b', 'c') },
    expect: 'defer stopped',
  },
  'so do those that are refused': [
    { options, given: writes('a', 'b', 'c'), expect: 'pass', becomes: 'rejected' },
    { options, given: alice, expect: 'defer stopped' },
  ],
  'they are forgotten after a while': [
    { options, given: writes('a', 'b', 'c'), expect: 'pass', becomes: 'rejected' },
    { at: 61, options, given: alice, expect: 'pass' },
  ],
  'strangers have no account': { options, given: { others: to('a', 'b', 'c', 'd') }, expect: 'pass' },
})
