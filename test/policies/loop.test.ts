import { testPolicy } from 'postern/testing'
import policy from '../../policies/loop.ts'
import { header } from './findings.ts'

const received = (own: number, others: number) => ({
  headers: header({
    hops: own + others,
    receivedBy: [...Array(own).fill('mx.our.example'), ...Array(others).fill('mx.other.example')],
  }),
})
const options = { ownNames: ['mx.our.example'] }

testPolicy(policy, {
  'SRV-17: 100 hops are many, and allowed': { options, facts: received(0, 100), expect: 'pass' },
  'SRV-17: 101 are a loop': { options, facts: received(0, 101), expect: 'reject loop' },
  'SRV-17: four times through here may be a forwarder': { options, facts: received(4, 4), expect: 'pass' },
  'SRV-17: five times is a loop': { options, facts: received(5, 4), expect: 'reject loop' },
})
