import { testPolicy } from 'postern/testing'
import policy from './parked.ts'

const options = { services: ['*.parking.example'] }
const servers = (...names: string[]) => ({ mailServers: { status: 'found', names } }) as const
const parked = { options, facts: servers('mx.parking.example') }

testPolicy(policy, {
  'a parked domain waits for an hour': [
    { ...parked, expect: 'defer waiting' },
    { ...parked, at: 600, expect: 'defer waiting' },
    { ...parked, at: 3600, expect: 'pass' },
  ],
  'a domain with mail servers of its own does not': { options, facts: servers('mx.sender.example'), expect: 'pass' },
  'trouble with the DNS lets nobody wait': {
    options,
    facts: { mailServers: { status: 'temperror', names: [] } },
    expect: 'pass',
  },
  'nor does a bounce wait': { ...parked, given: { sender: null }, expect: 'pass' },
})
