import { testPolicy } from 'postern/testing'
import policy from '../../policies/correspondents.ts'
import { dmarc, header, signedBy, spf } from './findings.ts'

const alice = { headers: header(), dmarc: dmarc('pass'), spf: spf('none'), dkim: [] } as const
const options = { addresses: ['alice@sender.example'] }

testPolicy(policy, {
  'whoever gets mail from us may answer': {
    options: { addresses: ['Alice@Sender.example'] },
    facts: alice,
    expect: 'score -4 known',
  },
  'so may all of a domain': { options: { domains: ['sender.example'] }, facts: alice, expect: 'score -4 known' },
  'only when it is certain that it is them': { options, facts: { ...alice, dmarc: dmarc('none') }, expect: 'pass' },
  'a domain without a policy is certain by its signature': {
    options,
    facts: { ...alice, dmarc: dmarc('none'), dkim: [signedBy('mail.sender.example')] },
    expect: 'score -4 known',
  },
  'or by SPF': {
    options,
    facts: { ...alice, dmarc: dmarc('none'), spf: spf('pass') },
    expect: 'score -4 known',
  },
  'not by the signature of somebody else': {
    options,
    facts: { ...alice, dmarc: dmarc('none'), dkim: [signedBy('esp.example')] },
    expect: 'pass',
  },
  'nor when DMARC fails': {
    options,
    facts: { ...alice, dmarc: dmarc('fail'), spf: spf('pass') },
    expect: 'pass',
  },
  'strangers are strangers': { facts: alice, expect: 'pass' },
})
