import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/domain-list.ts'

const dbl = { zone: 'dbl.example', codes: { '127.0.1.2': 6, '127.0.1.4-127.0.1.6': 6, '127.0.1.102-127.0.1.106': 2 } }
const lists = [dbl, { zone: 'other.example' }]
const listed = (...codes: string[]) => {
  const listings = codes.map((code, index) => ({ domain: `sender-${index}.example`, codes: [code] }))
  return { listings, status: 'listed', proven: true } as const
}
const clean = { listings: [], status: 'clean', proven: true } as const

testPolicy(policy, {
  'without lists nothing is listed': { facts: {}, expect: 'pass' },
  'a message whose domains no list knows passes': {
    facts: { 'dbl.example': clean, 'other.example': clean },
    options: { lists },
    expect: 'pass',
  },
  'each return code has its weight': [
    { facts: { 'dbl.example': listed('127.0.1.2') }, options: { lists }, expect: 'score 6 listed' },
    { facts: { 'dbl.example': listed('127.0.1.5') }, options: { lists }, expect: 'score 6 listed' },
    { facts: { 'dbl.example': listed('127.0.1.103') }, options: { lists }, expect: 'score 2 listed' },
  ],
  'BL-03: a code without a weight counts nothing': {
    facts: { 'dbl.example': listed('127.0.1.99') },
    options: { lists },
    expect: 'pass',
  },
  'of several domains in one list the heaviest counts': {
    facts: { 'dbl.example': listed('127.0.1.103', '127.0.1.2') },
    options: { lists },
    expect: 'score 6 listed',
  },
  'lists add up': {
    facts: { 'dbl.example': listed('127.0.1.2'), 'other.example': listed('127.0.0.2') },
    options: { lists },
    expect: 'score 8 listed',
  },
  'what could not be found out counts nothing': {
    facts: {
      'dbl.example': { listings: [], status: 'unknown', proven: false },
      'other.example': { listings: [], status: 'suspended', proven: false },
    },
    options: { lists },
    expect: 'pass',
  },
  'our own users may write in whose name they like': {
    given: { session: { listener: 'submission' } },
    facts: { 'dbl.example': listed('127.0.1.2') },
    options: { lists },
    expect: 'pass',
  },
})

describe('the lists of domain-list', () => {
  it('are tested by the name that the administrator gives', () => {
    const options = policy.options.parse({ lists: [{ zone: 'dbl.example', test: 'Listed.example' }, { zone: 'other.example' }] })
    const tested = Object.values(policy.facts(options)).map(({ list }) => `${list.listed} ${list.zone}`)
    assert.deepEqual(tested, ['listed.example dbl.example', 'test other.example'])
  })

  it('may not be dead', () => {
    const { error } = policy.options.safeParse({ lists: [{ zone: 'dsn.rfc-ignorant.org' }] })
    assert.match(error?.issues[0]?.message ?? '', /alive.*September 2012/)
  })
})

describe('the trace of domain-list', () => {
  it('BL-04: names the domain, the list and the codes, without a key', async () => {
    const zone = 'abcdefghij0123456789.dbl.dq.spamhaus.net'
    const verdict = await policy.judge({
      session: { id: '1', listener: 'mx', client: { ip: '192.0.2.1', port: 1 }, violations: [] },
      options: policy.options.parse({ lists: [{ zone }] }),
      facts: { [zone]: listed('127.0.1.2') },
    } as unknown as Parameters<typeof policy.judge>[0]) // All that this policy looks at.
    const detail = 'sender-0.example in dbl.dq.spamhaus.net 127.0.1.2'
    assert.deepEqual(verdict, { action: 'score', points: 2, reason: 'listed', detail })
  })
})
