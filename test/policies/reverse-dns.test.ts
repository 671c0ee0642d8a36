import { testPolicy } from 'postern/testing'
import policy from '../../policies/reverse-dns.ts'

const found = (status: 'confirmed' | 'unconfirmed', pattern?: 'generic' | 'dynamic' | 'static') =>
  ({ reverseDns: { status, name: 'a.example', names: ['a.example'], ...(pattern && { pattern }) } }) as const
const none = { reverseDns: { status: 'none', names: [] } } as const

testPolicy(policy, {
  'a confirmed name passes': { facts: found('confirmed'), expect: 'pass' },
  'a static one too': { facts: found('confirmed', 'static'), expect: 'pass' },
  'an address without a name gets points': { facts: none, expect: 'score 2 none' },
  'more of them if it is IPv6': {
    given: { session: { client: { ip: '2001:db8::1', port: 1 } } },
    facts: none,
    expect: 'score 3 none',
  },
  'a name that leads elsewhere gets points': { facts: found('unconfirmed'), expect: 'score 1.5 unconfirmed' },
  'a generic name gets a point': { facts: found('confirmed', 'generic'), expect: 'score 1 generic' },
  'a dynamic one gets more': { facts: found('confirmed', 'dynamic'), expect: 'score 2 dynamic' },
  'of two signs the stronger counts': [
    { facts: found('unconfirmed', 'generic'), expect: 'score 1.5 unconfirmed' },
    { facts: found('unconfirmed', 'dynamic'), expect: 'score 2 dynamic' },
    { facts: found('unconfirmed', 'generic'), options: { generic: 2.5 }, expect: 'score 2.5 generic' },
  ],
  'trouble with the DNS is nobody else’s fault': { facts: { reverseDns: { status: 'temperror', names: [] } }, expect: 'pass' },
  'a weight of our own counts': { facts: none, options: { none: 5 }, expect: 'score 5 none' },
  'our own users may come from where they are': { given: { session: { listener: 'submission' } }, facts: none, expect: 'pass' },
})
