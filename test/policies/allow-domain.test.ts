import assert from 'node:assert/strict'
import { it } from 'node:test'
import { memoryStore, ordinary, testPolicy } from 'postern/testing'
import policy from '../../policies/allow-domain.ts'
import { dmarc, signedBy, spf } from './findings.ts'

const options = { domains: ['sender.example'] }

testPolicy(policy, {
  'a domain that is listed, and for which DMARC vouches, is let in': {
    options,
    facts: { dmarc: dmarc('pass'), spf: spf('none'), dkim: [] },
    expect: 'accept known-domain',
  },
  'a domain without a policy is let in when a signature of its own vouches for it': {
    options,
    facts: { dmarc: dmarc('none'), spf: spf('none'), dkim: [signedBy('mail.sender.example')] },
    expect: 'accept known-domain',
  },
  'who only claims to be from there is not': {
    options,
    facts: { dmarc: dmarc('fail'), spf: spf('pass'), dkim: [] },
    expect: 'pass',
  },
  'and neither is who signs for somebody else': {
    options,
    facts: { dmarc: dmarc('none'), spf: spf('none'), dkim: [signedBy('evil.example')] },
    expect: 'pass',
  },
  'another domain is judged like any other': {
    options: { domains: ['other.example'] },
    facts: { dmarc: dmarc('pass'), spf: spf('pass'), dkim: [] },
    expect: 'pass',
  },
})

it('before the message comes, SPF vouches for the sender', async () => {
  const [atMail] = policy.also
  const judge = (result: 'pass' | 'softfail', domain?: string) =>
    atMail?.judge({
      ...ordinary(),
      facts: { spf: spf(result, domain) },
      options: policy.options.parse(options),
      tally: { score: 0, evidence: {} },
      store: memoryStore(() => new Date(0)),
      now: new Date(0),
    })
  assert.equal((await judge('pass'))?.action, 'accept')
  assert.equal((await judge('softfail'))?.action, 'pass')
  assert.equal((await judge('pass', 'other.example'))?.action, 'pass')
})
