import { testPolicy } from 'postern/testing'
import policy from '../../policies/own-domain.ts'
import { confirmed, dmarc, header, nameless } from './findings.ts'

const ours = header({ authors: [{ local: 'boss', domain: 'our.example' }] })
const forged = { headers: ours, dmarc: dmarc('none'), reverseDns: nameless } as const
const ownDomains = ['our.example']

testPolicy(policy, {
  'a stranger that writes in our name gets points': { options: { ownDomains }, facts: forged, expect: 'score 4 unauthenticated' },
  'it may be quarantined': {
    options: { ownDomains, action: 'quarantine' },
    facts: forged,
    expect: 'quarantine 4 unauthenticated',
  },
  'or refused': { options: { ownDomains, action: 'reject' }, facts: forged, expect: 'reject unauthenticated' },
  'our own mail that somebody vouches for is welcome': {
    options: { ownDomains },
    facts: { ...forged, dmarc: dmarc('pass') },
    expect: 'pass',
  },
  'without an answer of the DNS nobody can tell': {
    options: { ownDomains },
    facts: { ...forged, dmarc: dmarc('temperror') },
    expect: 'pass',
  },
  'other domains are not ours': { options: { ownDomains }, facts: { ...forged, headers: header() }, expect: 'pass' },
  'machines that may write in our name': {
    options: { ownDomains, exempt: ['*.mailings.example'] },
    facts: { ...forged, reverseDns: confirmed('a.mailings.example') },
    expect: 'pass',
  },
  'our own users write in our name': {
    options: { ownDomains },
    given: { session: { listener: 'submission' } },
    facts: forged,
    expect: 'pass',
  },
})
