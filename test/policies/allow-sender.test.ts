import { testPolicy } from 'postern/testing'
import policy from '../../policies/allow-sender.ts'

const from = (name: string) => ({ reverseDns: { status: 'confirmed', name, names: [name] } }) as const
const options = { senders: ['Alice@Sender.example'], domains: ['*.partner.example'] }
const partner = { sender: { local: 'bob', domain: 'news.partner.example' } }

testPolicy(policy, {
  'an empty list lets nobody in': { facts: from('mx.sender.example'), expect: 'pass' },
  'a listed sender is let in from a host of its domain': {
    facts: from('mx.sender.example'),
    options,
    expect: 'accept known-sender',
  },
  'and so is a sender of a listed domain': {
    given: partner,
    facts: from('mx.partner.example'),
    options,
    expect: 'accept known-sender',
  },
  'anyone can write a listed sender: from elsewhere it is nobody': { facts: from('mx.spammer.example'), options, expect: 'pass' },
  'a host that only claims to be theirs is nobody too': {
    facts: { reverseDns: { status: 'unconfirmed', name: 'mx.sender.example', names: ['mx.sender.example'] } },
    options,
    expect: 'pass',
  },
  'hosts of their choice count, and then no other': [
    {
      facts: from('out-1.provider.example'),
      options: { ...options, hosts: ['*.provider.example'] },
      expect: 'accept known-sender',
    },
    { facts: from('mx.sender.example'), options: { ...options, hosts: ['*.provider.example'] }, expect: 'pass' },
  ],
  'other senders pass': {
    given: { sender: { local: 'eve', domain: 'sender.example' } },
    facts: from('mx.sender.example'),
    options,
    expect: 'pass',
  },
  'bounces have no sender to know': { given: { sender: null }, facts: from('mx.sender.example'), options, expect: 'pass' },
})
