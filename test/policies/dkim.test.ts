import { testPolicy } from 'postern/testing'
import policy from '../../policies/dkim.ts'
import { confirmed, nameless, signedBy, spf } from './findings.ts'

const nobody = { dkim: [], spf: spf('none'), reverseDns: nameless } as const

testPolicy(policy, {
  'a valid signature is a little good': { facts: { ...nobody, dkim: [signedBy('sender.example')] }, expect: 'score -0.2 pass' },
  'two are no better': {
    facts: { ...nobody, dkim: [signedBy('sender.example'), signedBy('esp.example')] },
    expect: 'score -0.2 pass',
  },
  'mail that nobody vouches for gets a point': { facts: nobody, expect: 'score 1 unauthenticated' },
  'DKIM-01: a broken signature is as good as none': {
    facts: { ...nobody, dkim: [signedBy('sender.example', 'fail')] },
    expect: 'score 1 unauthenticated',
  },
  'DKIM-01: and no worse, when SPF passes': {
    facts: { ...nobody, spf: spf('pass'), dkim: [signedBy('sender.example', 'fail')] },
    expect: 'pass',
  },
  'who could not be asked might have vouched': {
    facts: { ...nobody, dkim: [signedBy('sender.example', 'temperror')] },
    expect: 'pass',
  },
  'nor is SPF without an answer held against it': { facts: { ...nobody, spf: spf('temperror') }, expect: 'pass' },
  'what a forwarder passes on is not unauthenticated': {
    options: { forwarders: ['out.forwarder.example'] },
    facts: { ...nobody, reverseDns: confirmed('out.forwarder.example') },
    expect: 'pass',
  },
})
