import { testPolicy } from 'postern/testing'
import policy from '../../policies/deny.ts'

const unknown = { reverseDns: { status: 'temperror', names: [] } } as const
const named = (...names: string[]) => ({ reverseDns: { status: 'unconfirmed', names } }) as const

testPolicy(policy, {
  'an empty list keeps nobody out': { facts: named('mx.sender.example'), expect: 'pass' },
  'an unwanted network is refused': { facts: unknown, options: { clients: ['192.0.2.0/24'] }, expect: 'reject client' },
  'an unwanted host is refused by any of its names': {
    facts: named('a.example', 'mx7.spammer.example'),
    options: { hosts: ['*.spammer.example'] },
    expect: 'reject client',
  },
  'an unwanted greeting is refused': {
    given: { session: { helo: 'Ylmf-PC' } },
    facts: unknown,
    options: { helos: ['ylmf-pc'] },
    expect: 'reject client',
  },
  'an unwanted sender is refused, in whatever case': {
    given: { sender: { local: 'Alice', domain: 'sender.example' } },
    facts: unknown,
    options: { senders: ['alice@sender.example'] },
    expect: 'reject sender',
  },
  'and so are all of an unwanted domain': { facts: unknown, options: { domains: ['sender.example'] }, expect: 'reject sender' },
  'bounces have no sender to refuse': {
    given: { sender: null },
    facts: unknown,
    options: { domains: ['sender.example'] },
    expect: 'pass',
  },
})
