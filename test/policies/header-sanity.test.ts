import { testPolicy } from 'postern/testing'
import policy from '../../policies/header-sanity.ts'
import { header } from './findings.ts'

const { messageId: _, date: __, ...bare } = header()

testPolicy(policy, {
  'there is nothing to say about an ordinary header': { facts: { headers: header() }, expect: 'pass' },
  'two From fields are refused': { facts: { headers: header({ fromFields: 2 }) }, expect: 'reject several-from' },
  'none is as bad': { facts: { headers: header({ fromFields: 0 }) }, expect: 'reject several-from' },
  'but a bounce may lack one': {
    given: { sender: null },
    facts: { headers: header({ fromFields: 0, authors: [] }) },
    expect: 'pass',
  },
  'unless it names somebody else': {
    given: { sender: null },
    facts: { headers: header({ fromFields: 0, authors: [], namesSender: true }) },
    expect: 'reject several-from',
  },
  'it may be quarantined instead': {
    options: { from: 'quarantine' },
    facts: { headers: header({ fromFields: 2 }) },
    expect: 'quarantine several-from',
  },
  'who cannot be told by all programs waits for a person': {
    facts: { headers: header({ isFromAmbiguous: true }) },
    expect: 'quarantine ambiguous-from',
  },
  'or is refused': {
    options: { ambiguous: 'reject' },
    facts: { headers: header({ isFromAmbiguous: true }) },
    expect: 'reject ambiguous-from',
  },
  'a missing date is worth half a point': {
    facts: { headers: { ...bare, messageId: '<1@sender.example>' } },
    expect: 'score 0.5 no-date',
  },
  'signs add up, and the heaviest is told': { facts: { headers: bare }, expect: 'score 1.5 no-message-id' },
  'tomorrow comes early in some time zones': {
    at: 0,
    facts: { headers: header({ date: '1970-01-01T23:00:00.000Z' }) },
    expect: 'pass',
  },
  'the day after tomorrow does not': {
    at: 0,
    facts: { headers: header({ date: '1970-01-03T00:00:00.000Z' }) },
    expect: 'score 1 from-the-future',
  },
  'hidden recipients are hardly a sign': {
    facts: { headers: header({ addressees: ['list@sender.example'] }) },
    expect: 'score 0.3 not-addressed',
  },
  'a sign that is worth nothing is not told': {
    options: { notAddressed: 0 },
    facts: { headers: header({ addressees: [] }) },
    expect: 'pass',
  },
})
