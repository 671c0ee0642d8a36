import { testPolicy } from 'postern/testing'
import policy from '../../policies/dnswl.ts'

const lists = [{ zone: 'wl.example' }, { zone: 'other.example' }]
const trusted = (trust: 'none' | 'low' | 'medium' | 'high') =>
  ({ status: 'listed', codes: ['127.0.5.1'], trust, category: 5, proven: true }) as const
const clean = { status: 'clean', codes: [], proven: true } as const

testPolicy(policy, {
  'without lists nobody is trusted': { facts: {}, expect: 'pass' },
  'a client that no list knows passes': {
    facts: { 'wl.example': clean, 'other.example': clean },
    options: { lists },
    expect: 'pass',
  },
  'the more a list trusts a client, the more it takes off': [
    { facts: { 'wl.example': trusted('low') }, options: { lists }, expect: 'score -0.2 trusted' },
    { facts: { 'wl.example': trusted('medium') }, options: { lists }, expect: 'score -1 trusted' },
    { facts: { 'wl.example': trusted('high') }, options: { lists }, expect: 'score -2 trusted' },
    { facts: { 'wl.example': trusted('high') }, options: { lists, high: -3 }, expect: 'score -3 trusted' },
  ],
  'a client that sends spam too gains nothing': { facts: { 'wl.example': trusted('none') }, options: { lists }, expect: 'pass' },
  'a code that nobody knows is worth nothing': {
    facts: { 'wl.example': { status: 'listed', codes: ['127.0.5.77'], proven: true } },
    options: { lists },
    expect: 'pass',
  },
  'of several lists the one that trusts it most counts': {
    facts: { 'wl.example': trusted('low'), 'other.example': trusted('medium') },
    options: { lists },
    expect: 'score -1 trusted',
  },
  'what could not be found out counts nothing': {
    facts: { 'wl.example': { status: 'unknown', codes: [], proven: false } },
    options: { lists },
    expect: 'pass',
  },
  'our own users need nobody to speak for them': {
    given: { session: { listener: 'submission' } },
    facts: { 'wl.example': trusted('high') },
    options: { lists },
    expect: 'pass',
  },
})
