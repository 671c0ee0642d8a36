import { testPolicy } from 'postern/testing'
import policy from '../../policies/spf.ts'
import { confirmed, dmarc, nameless, spf } from './findings.ts'

const unvouched = { dmarc: dmarc('none'), reverseDns: nameless } as const
const forwarder = { dmarc: dmarc('fail'), reverseDns: confirmed('out.forwarder.example') } as const
const options = { forwarders: ['*.forwarder.example', '198.51.100.0/24'] }

testPolicy(policy, {
  'a pass is a little good': { facts: { ...unvouched, spf: spf('pass') }, expect: 'score -0.2 pass' },
  'a fail is a little bad': { facts: { ...unvouched, spf: spf('fail') }, expect: 'score 1.5 fail' },
  'a softfail is less bad': { facts: { ...unvouched, spf: spf('softfail') }, expect: 'score 0.5 softfail' },
  'a record that makes no sense is the owner’s mistake': {
    facts: { ...unvouched, spf: spf('permerror') },
    expect: 'score 0.5 permerror',
  },
  'no answer says nothing': { facts: { ...unvouched, spf: spf('temperror') }, expect: 'pass' },
  'no record says nothing': { facts: { ...unvouched, spf: spf('none') }, expect: 'pass' },
  'neutral says nothing': { facts: { ...unvouched, spf: spf('neutral') }, expect: 'pass' },
  'a fail does not matter when DMARC passes: the mail was forwarded': {
    facts: { ...unvouched, dmarc: dmarc('pass'), spf: spf('fail') },
    expect: 'pass',
  },
  'nor from a trusted forwarder, by its confirmed name': { options, facts: { ...forwarder, spf: spf('fail') }, expect: 'pass' },
  'nor by its address': {
    options,
    given: { session: { client: { ip: '198.51.100.7', port: 1 } } },
    facts: { ...unvouched, spf: spf('fail') },
    expect: 'pass',
  },
  'a name that does not lead back is no forwarder’s': {
    options,
    facts: { ...forwarder, reverseDns: { status: 'unconfirmed', name: 'out.forwarder.example', names: [] }, spf: spf('fail') },
    expect: 'score 1.5 fail',
  },
})
