import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/greylist.ts'
import { confirmed, dmarc, header, nameless, signedBy, spf } from './findings.ts'

const day = 24 * 60 * 60
const from = (ip: string) => ({ session: { client: { ip, port: 1 } } })
const nobody = { spf: spf('none'), reverseDns: nameless, dkim: [], dmarc: dmarc('none'), headers: header() } as const
const vouched = { ...nobody, spf: spf('pass') } as const

testPolicy(policy, {
  'GL-01: a sender that nobody vouches for must wait, and may then come in': [
    { at: 0, facts: nobody, expect: 'defer try-later' },
    { at: 119, facts: nobody, expect: 'defer try-later' },
    {
      at: 250,
      facts: nobody,
      expect: 'score 0 returned',
      becomes: 'delivered',
      notes: ['greylisted, returned after 4 m 10 s'],
    },
    { at: 300, facts: nobody, expect: 'pass' },
    { at: 35 * day, facts: nobody, expect: 'pass' },
    { at: 37 * day, facts: nobody, expect: 'defer try-later' },
  ],
  'GL-01: whoever comes back too late begins anew': [
    { at: 0, facts: nobody, expect: 'defer try-later' },
    { at: 25 * 3600, facts: nobody, expect: 'defer try-later' },
  ],
  'a sender with a confirmed name is not suspicious': {
    facts: { ...nobody, reverseDns: confirmed('mx.sender.example') },
    expect: 'pass',
  },
  'nor one that SPF vouches for': { facts: vouched, expect: 'pass' },
  'nor one that has signed': { facts: { ...nobody, dkim: [signedBy('sender.example')] }, expect: 'pass' },
  'from four points on it is': { score: 4, facts: vouched, expect: 'defer try-later' },
  'from eight on, waiting does not help': { score: 8, facts: nobody, expect: 'pass' },
  'never when DMARC passes': { score: 5, facts: { ...vouched, dmarc: dmarc('pass') }, expect: 'pass' },
  'never a bounce': { score: 5, given: { sender: null }, facts: nobody, expect: 'pass' },
  'never our own users': { score: 5, given: { session: { listener: 'submission' } }, facts: nobody, expect: 'pass' },
  'never a correspondent': { evidence: { history: -4, other: 9 }, facts: vouched, expect: 'pass' },
  'never a trusted forwarder': {
    score: 5,
    options: { forwarders: ['*.forwarder.example'] },
    facts: { ...nobody, reverseDns: confirmed('a.forwarder.example') },
    expect: 'pass',
  },
  'never whom an allow list trusts': {
    score: 5,
    options: { dnswl: 'list.dnswl.test' },
    facts: { ...nobody, dnswl: { status: 'listed', codes: ['127.0.5.1'], category: 5, trust: 'low', proven: true } },
    expect: 'pass',
  },
  'what could not be found out does not speak against anybody': {
    facts: { ...nobody, reverseDns: { status: 'temperror', names: [] } },
    expect: 'pass',
  },
  'a pool of machines is one sender, when SPF says whose they are': [
    { at: 0, score: 5, given: from('192.0.2.1'), facts: vouched, expect: 'defer try-later' },
    { at: 130, score: 5, given: from('198.51.100.1'), facts: vouched, expect: 'score 0 returned' },
    { at: 140, score: 5, given: from('203.0.113.1'), facts: vouched, expect: 'pass' },
  ],
  'or when its signature does': [
    {
      at: 0,
      score: 5,
      given: from('192.0.2.1'),
      facts: { ...nobody, dkim: [signedBy('mail.sender.example')] },
      expect: 'defer try-later',
    },
    {
      at: 130,
      score: 5,
      given: from('198.51.100.1'),
      facts: { ...nobody, dkim: [signedBy('sender.example')] },
      expect: 'score 0 returned',
    },
  ],
  'machines of nobody are known by their network': [
    { at: 0, given: from('192.0.2.1'), facts: nobody, expect: 'defer try-later' },
    { at: 130, given: from('198.51.100.1'), facts: nobody, expect: 'defer try-later' },
    { at: 140, given: from('192.0.2.99'), facts: nobody, expect: 'score 0 returned' },
  ],
  'a domain that has come back is known to everybody': [
    { at: 0, score: 5, facts: vouched, expect: 'defer try-later' },
    { at: 130, score: 5, facts: vouched, expect: 'score 0 returned' },
    {
      at: 140,
      score: 5,
      given: { recipients: [{ local: 'ann', domain: 'second.example' }] },
      facts: vouched,
      expect: 'pass',
    },
  ],
  'a domain with a history need not wait': [
    { at: 0, facts: vouched, expect: 'pass', becomes: 'delivered' },
    { at: 10, score: 5, facts: vouched, expect: 'pass' },
  ],
  'mail that nobody got is no history': [
    { at: 0, facts: vouched, expect: 'pass', becomes: 'quarantined' },
    { at: 10, score: 5, facts: vouched, expect: 'defer try-later' },
  ],
  'all recipients wait for the last': [
    { at: 0, facts: nobody, expect: 'defer try-later' },
    {
      at: 130,
      given: {
        recipients: [
          { local: 'bob', domain: 'our.example' },
          { local: 'ann', domain: 'our.example' },
        ],
      },
      facts: nobody,
      expect: 'defer try-later',
    },
  ],
  'who never returned is told, hour by hour': [
    { at: 0, given: from('192.0.2.1'), facts: nobody, expect: 'defer try-later', becomes: 'deferred' },
    { at: 60, given: from('198.51.100.1'), facts: nobody, expect: 'defer try-later' },
    { at: 300, given: from('198.51.100.2'), facts: nobody, expect: 'score 0 returned' },
    {
      at: 26.5 * 3600,
      facts: vouched,
      expect: 'pass',
      becomes: 'delivered',
      notes: ['greylisted, never returned: 1 of 2'],
    },
    { at: 26.6 * 3600, facts: vouched, expect: 'pass', becomes: 'delivered' },
  ],
})

it('what cannot come true is no option', () => {
  assert.deepEqual(policy.options.safeParse({ from: 8, to: 4 }).error?.issues[0]?.path, ['to'])
  assert.deepEqual(policy.options.safeParse({ delaySeconds: 3600, windowHours: 1 }).error?.issues[0]?.path, ['windowHours'])
})

const [atRcpt] = policy.also
it('greylist judges recipients as well', () => assert.equal(atRcpt?.phase, 'rcpt'))

if (atRcpt) {
  const cheap = { spf: spf('fail'), reverseDns: nameless, senderDmarc: { policy: 'no' } } as const
  testPolicy(atRcpt, {
    'before the message, who cannot be cleared by any signature must wait': [
      { at: 0, score: 5, facts: cheap, expect: 'defer try-later' },
      { at: 130, score: 5, facts: cheap, expect: 'score 0 returned' },
    ],
    'who could be cleared may send the message first': {
      score: 5,
      facts: { ...cheap, senderDmarc: { policy: 'yes' } },
      expect: 'pass',
    },
    'so may whom SPF vouches for': { score: 5, facts: { ...cheap, spf: spf('pass') }, expect: 'pass' },
    'and who is not suspicious yet': { score: 3, facts: cheap, expect: 'pass' },
    'a bounce never waits': { score: 5, given: { sender: null }, facts: cheap, expect: 'pass' },
  })
}
