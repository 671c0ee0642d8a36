import { testPolicy } from 'postern/testing'
import policy from '../../policies/allow.ts'

const google = { name: 'mail-wr1-f41.google.com', names: ['mail-wr1-f41.google.com'] }
const confirmed = { reverseDns: { status: 'confirmed', ...google } } as const
const options = { clients: ['198.51.100.0/24'], hosts: ['*.google.com'] }

testPolicy(policy, {
  'an empty list lets nobody in': { facts: confirmed, expect: 'pass' },
  'a listed network is let in': {
    given: { session: { client: { ip: '198.51.100.7', port: 1 } } },
    facts: { reverseDns: { status: 'temperror', names: [] } },
    options,
    expect: 'accept known-client',
  },
  'a listed host is let in': { facts: confirmed, options, expect: 'accept known-client' },
  'a host that only claims the name is not': {
    facts: { reverseDns: { status: 'unconfirmed', ...google } },
    options,
    expect: 'pass',
  },
  'nor is anyone else': {
    facts: { reverseDns: { status: 'confirmed', name: 'mx.example.org', names: [] } },
    options,
    expect: 'pass',
  },
})
