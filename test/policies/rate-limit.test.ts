import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/rate-limit.ts'
import { spf } from './findings.ts'

const two = { limit: 2, seconds: 60 } as const
const byDomain = {
  options: { ...two, limit: 1, count: 'recipients', per: 'sender-domain' },
  facts: { spf: spf('pass') },
} as const
const from = (ip: string) => ({ session: { client: { ip, port: 1 } } })
const [atConnect, atMail] = policy.also

it('a connection has no sender to count by', () => {
  const { error } = policy.options.safeParse({ count: 'connections', per: 'sender-domain' })
  assert.deepEqual(error?.issues[0]?.path, ['per'])
})

it('rate-limit counts when each thing happens', () => {
  assert.deepEqual([atConnect?.phase, atMail?.phase, policy.phase], ['connect', 'mail', 'rcpt'])
})

testPolicy(policy, {
  'recipients are free up to the limit': [
    { options: { ...two, count: 'recipients' }, expect: 'pass' },
    { options: { ...two, count: 'recipients' }, expect: 'pass' },
    { options: { ...two, count: 'recipients' }, expect: 'defer too-many' },
    { at: 61, options: { ...two, count: 'recipients' }, expect: 'pass' },
  ],
  'everybody has a count of his own': [
    { options: { ...two, limit: 1, count: 'recipients' }, given: from('192.0.2.1'), expect: 'pass' },
    { options: { ...two, limit: 1, count: 'recipients' }, given: from('192.0.2.2'), expect: 'pass' },
  ],
  'neighbours may share one': [
    { options: { ...two, limit: 1, count: 'recipients', per: 'network' }, given: from('192.0.2.1'), expect: 'pass' },
    { options: { ...two, limit: 1, count: 'recipients', per: 'network' }, given: from('192.0.2.2'), expect: 'defer too-many' },
    { options: { ...two, limit: 1, count: 'recipients', per: 'network' }, given: from('198.51.100.2'), expect: 'pass' },
  ],
  'so may all who send for a domain': [
    { ...byDomain, given: from('192.0.2.1'), expect: 'pass' },
    { ...byDomain, given: from('198.51.100.1'), expect: 'defer too-many' },
    { ...byDomain, given: { sender: null }, expect: 'pass' },
  ],
  'what is sent in its name does not count for it': [
    { ...byDomain, facts: { spf: spf('fail') }, given: from('192.0.2.1'), expect: 'pass' },
    { ...byDomain, facts: { spf: spf('fail') }, given: from('192.0.2.1'), expect: 'defer too-many' },
    { ...byDomain, given: from('198.51.100.1'), expect: 'pass' },
  ],
  'a client with IPv6 has one count for all of its addresses': [
    { options: { ...two, limit: 1, count: 'recipients' }, given: from('2001:db8::1'), expect: 'pass' },
    { options: { ...two, limit: 1, count: 'recipients' }, given: from('2001:db8::2'), expect: 'defer too-many' },
  ],
  'it may only cost points, or be refused': [
    { options: { ...two, limit: 1, count: 'recipients', action: 'score' }, expect: 'pass' },
    { options: { ...two, limit: 1, count: 'recipients', action: 'score' }, expect: 'score 2 too-many' },
    { options: { ...two, limit: 1, count: 'recipients', action: 'reject' }, expect: 'reject too-many' },
  ],
  'a bucket leaks all the time': [
    { at: 0, options: { ...two, count: 'recipients', kind: 'token' }, expect: 'pass' },
    { at: 0, options: { ...two, count: 'recipients', kind: 'token' }, expect: 'pass' },
    { at: 1, options: { ...two, count: 'recipients', kind: 'token' }, expect: 'defer too-many' },
    { at: 31, options: { ...two, count: 'recipients', kind: 'token' }, expect: 'pass' },
    { at: 32, options: { ...two, count: 'recipients', kind: 'token' }, expect: 'defer too-many' },
  ],
  'recipients that do not exist are counted when it is known': [
    { options: { ...two, count: 'refused-recipients' }, becomes: 'rejected', expect: 'pass' },
    { options: { ...two, count: 'refused-recipients' }, becomes: 'rejected', expect: 'pass' },
    { options: { ...two, count: 'refused-recipients' }, becomes: 'rejected', expect: 'pass' },
    { options: { ...two, count: 'refused-recipients' }, expect: 'defer too-many' },
    { options: { ...two, count: 'refused-recipients' }, given: from('192.0.2.9'), expect: 'pass' },
  ],
  'those of the same transaction count at once': {
    options: { ...two, count: 'refused-recipients', action: 'score' },
    given: { unknown: 3 },
    expect: 'score 2 too-many',
  },
  'those that were taken do not count': [
    ...[1, 2, 3].map(() => ({
      options: { ...two, count: 'refused-recipients' as const },
      becomes: 'delivered' as const,
      expect: 'pass' as const,
    })),
    { options: { ...two, count: 'refused-recipients' }, expect: 'pass' },
  ],
  'what is counted elsewhere is not counted here': [
    { options: { ...two, limit: 1, count: 'messages' }, expect: 'pass' },
    { options: { ...two, limit: 1, count: 'messages' }, expect: 'pass' },
  ],
})

for (const [step, count, other] of [
  [atConnect, 'connections', 'messages'],
  [atMail, 'messages', 'connections'],
] as const) {
  if (!step) continue
  testPolicy(step, {
    [`${count} are counted`]: [
      { options: { ...two, limit: 1, count }, expect: 'pass' },
      { options: { ...two, limit: 1, count }, expect: 'defer too-many' },
    ],
    [`${other} are not`]: [
      { options: { ...two, limit: 1, count: other }, expect: 'pass' },
      { options: { ...two, limit: 1, count: other }, expect: 'pass' },
    ],
  })
}
