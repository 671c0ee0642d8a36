import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DmarcFinding } from 'postern/facts'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/trusted-dnsbl.ts'

const lists = [{ zone: 'zen.example', codes: ['127.0.0.2', '127.0.0.4-127.0.0.7'] }]
const listed = (...codes: string[]) => ({ status: 'listed', codes, proven: true }) as const
const dmarc = (result: DmarcFinding['result']): DmarcFinding => ({
  result,
  domain: 'sender.example',
  policy: 'none',
  alignedBy: [],
})
const bot = { dmarc: dmarc('fail'), 'zen.example': listed('127.0.0.4') }

testPolicy(policy, {
  'without lists nobody is refused': { facts: { dmarc: dmarc('none') }, expect: 'pass' },
  'a client with one of the codes is refused': [
    { facts: bot, options: { lists }, expect: 'reject listed' },
    { facts: { ...bot, 'zen.example': listed('127.0.0.10', '127.0.0.2') }, options: { lists }, expect: 'reject listed' },
  ],
  'with any other code it is not': {
    facts: { ...bot, 'zen.example': listed('127.0.0.3', '127.0.0.10') },
    options: { lists },
    expect: 'pass',
  },
  'BL-02: a list that is not proven to work refuses nobody': {
    facts: { ...bot, 'zen.example': { ...listed('127.0.0.4'), proven: false } },
    options: { lists },
    expect: 'pass',
  },
  'what could not be found out refuses nobody': {
    facts: { ...bot, 'zen.example': { status: 'unknown', codes: [], proven: false } },
    options: { lists },
    expect: 'pass',
  },
  'DMARC vouches for the mail when it passes, and might if there is no answer': [
    { facts: { ...bot, dmarc: dmarc('pass') }, options: { lists }, expect: 'pass' },
    { facts: { ...bot, dmarc: dmarc('none') }, options: { lists }, expect: 'reject listed' },
    { facts: { ...bot, dmarc: dmarc('temperror') }, options: { lists }, expect: 'pass' },
  ],
  'a good history with the sender vouches for it, and a bad one does not': [
    { facts: bot, options: { lists }, evidence: { history: -4 }, expect: 'pass' },
    { facts: bot, options: { lists }, evidence: { history: 1 }, expect: 'reject listed' },
    { facts: bot, options: { lists }, evidence: { authentication: -1 }, expect: 'reject listed' },
  ],
  'any of several lists refuses': {
    facts: { dmarc: dmarc('none'), 'zen.example': listed('127.0.0.10'), 'other.example': listed('127.0.0.2') },
    options: { lists: [...lists, { zone: 'other.example', codes: ['127.0.0.2'] }] },
    expect: 'reject listed',
  },
  'a refused sender may be told that it was Spamhaus': {
    facts: { dmarc: dmarc('none'), 'zen.spamhaus.org': listed('127.0.0.2') },
    options: { lists: [{ zone: 'zen.spamhaus.org', codes: ['127.0.0.2'], public: true }] },
    expect: 'reject listed-by-spamhaus',
  },
  'our own users may come from where they are': {
    given: { session: { listener: 'submission' } },
    facts: bot,
    options: { lists },
    expect: 'pass',
  },
})

describe('the options of trusted-dnsbl', () => {
  const mistakes = (list: object) => policy.options.safeParse({ lists: [list] }).error?.issues.map(({ message }) => message)

  it('name the codes to refuse for', () => {
    assert.equal(mistakes({ zone: 'zen.example' })?.length, 1)
    assert.equal(mistakes({ zone: 'zen.example', codes: [] })?.length, 1)
  })

  it('refuse a list that has been shut down', () => {
    const [mistake] = mistakes({ zone: 'dnsbl.njabl.org', codes: ['127.0.0.2'] }) ?? []
    assert.equal(mistake, 'expected a list that is alive: this one ended in 2013')
  })
})

describe('the trace of trusted-dnsbl', () => {
  it('BL-04: names the list and the codes, without a key', async () => {
    const zone = 'abcdefghij0123456789.zen.dq.spamhaus.net'
    const verdict = await policy.judge({
      session: { id: '1', listener: 'mx', client: { ip: '192.0.2.1', port: 1 }, violations: [] },
      options: policy.options.parse({ lists: [{ zone, codes: ['127.0.0.2'] }] }),
      facts: { dmarc: dmarc('none'), [zone]: listed('127.0.0.2') },
      tally: { score: 0, evidence: {} },
    } as unknown as Parameters<typeof policy.judge>[0]) // All that this policy looks at.
    assert.deepEqual(verdict, { action: 'reject', reason: 'listed', detail: 'zen.dq.spamhaus.net 127.0.0.2' })
  })
})
