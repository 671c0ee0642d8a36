import { message, testPolicy } from 'postern/testing'
import policy from './shouting.ts'

const shouted = { message: message({ Subject: 'BUY NOW OR NEVER' }) }
const nameless = { reverseDns: { status: 'none', names: [] } } as const
const named = { reverseDns: { status: 'confirmed', name: 'mx.sender.example', names: ['mx.sender.example'] } } as const

testPolicy(policy, {
  'a shouted subject gets points': { given: shouted, facts: nameless, expect: 'score 2 shouting' },
  'as many as we say': { given: shouted, facts: nameless, options: { points: 5 }, expect: 'score 5 shouting' },
  'who has a name of its own may shout': { given: shouted, facts: named, expect: 'pass' },
  'an ordinary subject passes': { facts: nameless, expect: 'pass' },
  'a short one too': { given: { message: message({ Subject: 'FYI' }) }, facts: nameless, expect: 'pass' },
  'and so does one without letters': { given: { message: message({ Subject: '0123456789' }) }, facts: nameless, expect: 'pass' },
})
