import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/dnsbl.ts'

const zen = {
  zone: 'zen.example',
  codes: { '127.0.0.2': 6, '127.0.0.3': 4, '127.0.0.4-127.0.0.7': 6, '127.0.0.10 - 127.0.0.11': 3 },
}
const plain = { zone: 'bl.example' }
const lists = [zen, plain]
const listed = (...codes: string[]) => ({ status: 'listed', codes, proven: true }) as const
const clean = { status: 'clean', codes: [], proven: true } as const
const facts = (zen: ReturnType<typeof listed> | typeof clean, bl: ReturnType<typeof listed> | typeof clean = clean) => ({
  'zen.example': zen,
  'bl.example': bl,
})

testPolicy(policy, {
  'without lists nobody is listed': { facts: {}, expect: 'pass' },
  'a client that no list knows passes': { facts: facts(clean), options: { lists }, expect: 'pass' },
  'each return code has its weight': [
    { facts: facts(listed('127.0.0.2')), options: { lists }, expect: 'score 6 listed' },
    { facts: facts(listed('127.0.0.7')), options: { lists }, expect: 'score 6 listed' },
    { facts: facts(listed('127.0.0.10')), options: { lists }, expect: 'score 3 listed' },
  ],
  'BL-03: a code without a weight counts nothing': { facts: facts(listed('127.0.0.9')), options: { lists }, expect: 'pass' },
  'of several codes of one list the heaviest counts': {
    facts: facts(listed('127.0.0.10', '127.0.0.3')),
    options: { lists },
    expect: 'score 4 listed',
  },
  'without codes any listing counts': { facts: facts(clean, listed('127.0.0.99')), options: { lists }, expect: 'score 2 listed' },
  'lists add up: the limit of their kind comes later': {
    facts: facts(listed('127.0.0.2'), listed('127.0.0.2')),
    options: { lists: [zen, { ...plain, points: 6 }] },
    expect: 'score 12 listed',
  },
  'what could not be found out counts nothing': {
    facts: {
      'zen.example': { status: 'unknown', codes: [], proven: false },
      'bl.example': { status: 'suspended', codes: [], proven: false },
    },
    options: { lists },
    expect: 'pass',
  },
  'a trusted code refuses': [
    {
      facts: facts(listed('127.0.0.4')),
      options: { lists: [{ ...zen, refuse: ['127.0.0.4-127.0.0.7'] }] },
      expect: 'reject listed',
    },
    {
      facts: facts(listed('127.0.0.2')),
      options: { lists: [{ ...zen, refuse: ['127.0.0.4-127.0.0.7'] }] },
      expect: 'score 6 listed',
    },
  ],
  'a refused sender may be told that it was Spamhaus': {
    facts: { 'zen.spamhaus.org': listed('127.0.0.2') },
    options: { lists: [{ zone: 'zen.Spamhaus.org', refuse: ['127.0.0.2'], public: true }] },
    expect: 'reject listed-by-spamhaus',
  },
  'and is not told unless we say so': {
    facts: { 'zen.spamhaus.org': listed('127.0.0.2') },
    options: { lists: [{ zone: 'zen.spamhaus.org', refuse: ['127.0.0.2'] }] },
    expect: 'reject listed',
  },
  'our own users may come from where they are': {
    given: { session: { listener: 'submission' } },
    facts: facts(listed('127.0.0.2')),
    options: { lists },
    expect: 'pass',
  },
})

describe('the options of dnsbl', () => {
  const mistakes = (list: object) =>
    policy.options.safeParse({ lists: [list] }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const expected = 'expected return codes such as 127.0.0.2, or 127.0.0.4-127.0.0.7'

  it('name the return code that is none', () => {
    assert.deepEqual(mistakes({ zone: 'a.example', codes: { '127.0.0.2': 1, '127.0.0.7-127.0.0.4': 1, '10.0.0.1': 1 } }), [
      `lists.0.codes.127.0.0.7-127.0.0.4: ${expected}`,
      `lists.0.codes.10.0.0.1: ${expected}`,
    ])
    assert.deepEqual(mistakes({ zone: 'a.example', refuse: ['127.0.0.0/8'] }), [`lists.0.refuse.0: ${expected}`])
  })

  it('refuse a zone that is none', () => {
    for (const zone of ['https://bl.example/', 'localhost', '[192.0.2.1]']) {
      assert.deepEqual(mistakes({ zone }), ['lists.0.zone: expected the zone of a list, such as zen.spamhaus.org'], zone)
    }
  })

  it('refuse a list that has been shut down', () => {
    assert.deepEqual(mistakes({ zone: 'DUL.dnsbl.sorbs.net' }), [
      'lists.0.zone: expected a list that is alive: this one ended in June 2024',
    ])
  })
})

it('counts as what is known of an address', () => {
  assert.equal(policy.evidence, 'ip-reputation')
})

describe('the trace of dnsbl', () => {
  it('BL-04: names the list and the codes, without a key', async () => {
    const zone = 'abcdefghij0123456789.zen.dq.spamhaus.net'
    const options = policy.options.parse({ lists: [{ zone }] })
    const verdict = await policy.judge({
      session: { id: '1', listener: 'mx', client: { ip: '192.0.2.1', port: 1 }, violations: [] },
      options,
      facts: { [zone]: listed('127.0.0.2') },
    } as unknown as Parameters<typeof policy.judge>[0]) // All that this policy looks at.
    assert.deepEqual(verdict, { action: 'score', points: 2, reason: 'listed', detail: 'zen.dq.spamhaus.net 127.0.0.2' })
  })
})
