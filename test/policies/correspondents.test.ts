import { testPolicy } from 'postern/testing'
import policy from '../../policies/correspondents.ts'
import { dmarc, header } from './findings.ts'

const alice = { headers: header(), dmarc: dmarc('pass') } as const

testPolicy(policy, {
  'whoever gets mail from us may answer': {
    options: { addresses: ['Alice@Sender.example'] },
    facts: alice,
    expect: 'score -4 known',
  },
  'so may all of a domain': { options: { domains: ['sender.example'] }, facts: alice, expect: 'score -4 known' },
  'only when it is certain that it is them': {
    options: { addresses: ['alice@sender.example'] },
    facts: { ...alice, dmarc: dmarc('none') },
    expect: 'pass',
  },
  'strangers are strangers': { facts: alice, expect: 'pass' },
})
