import { testPolicy } from 'postern/testing'
import policy from '../../policies/sender-domain.ts'

const mx = { status: 'exists', mx: 'mx', spfDeniesAll: false } as const

testPolicy(policy, {
  'an ordinary domain passes': { facts: { senderDomain: mx }, expect: 'pass' },
  'a domain that does not exist is refused': {
    facts: { senderDomain: { status: 'nxdomain', mx: 'none', spfDeniesAll: false } },
    expect: 'reject nonexistent',
  },
  'SRV-27: a null MX is refused': { facts: { senderDomain: { ...mx, mx: 'null' } }, expect: 'reject null-mx' },
  'a domain that never sends mail is refused': {
    facts: { senderDomain: { ...mx, spfDeniesAll: true } },
    expect: 'reject never-sends',
  },
  'a domain without any way back passes': { facts: { senderDomain: { ...mx, mx: 'none' } }, expect: 'pass' },
  'trouble with the DNS is nobody else’s fault': {
    facts: { senderDomain: { status: 'temperror', mx: 'temperror', spfDeniesAll: false } },
    expect: 'pass',
  },
  'SRV-10: bounces pass': {
    given: { sender: null },
    facts: { senderDomain: { status: 'null-sender', mx: 'none', spfDeniesAll: false } },
    expect: 'pass',
  },
  'each refusal can be switched off': [
    {
      facts: { senderDomain: { status: 'nxdomain', mx: 'none', spfDeniesAll: false } },
      options: { nonexistent: 'pass' },
      expect: 'pass',
    },
    { facts: { senderDomain: { ...mx, mx: 'null' } }, options: { nullMx: 'pass' }, expect: 'pass' },
    { facts: { senderDomain: { ...mx, spfDeniesAll: true } }, options: { neverSends: 'pass' }, expect: 'pass' },
  ],
})
