import { testPolicy } from 'postern/testing'
import policy from '../../policies/dmarc.ts'
import { confirmed, dmarc, header, nameless, noArc, signedBy, spf } from './findings.ts'

const day = 24 * 60 * 60
const nobody = { spf: spf('none'), dkim: [], arc: noArc, headers: header(), reverseDns: nameless } as const
const failing = { ...nobody, dmarc: dmarc('fail', 'reject') } as const

/** Mail of a list that has changed it: the author's signature is broken, the list's own is good. */
const list = {
  ...failing,
  dkim: [signedBy('sender.example', 'fail'), signedBy('lists.club.example')],
  headers: header({ listId: 'talk.lists.club.example' }),
} as const

const writtenBy = (n: number) => ({ ...dmarc('pass'), domain: `mail.author-${n}.example` })

const sealed = (...sets: readonly [sealer: string, dmarc: string][]) => ({
  ...failing,
  arc: { result: 'pass', sets: sets.map(([sealer, dmarc]) => ({ sealer, dmarc })) } as const,
})

testPolicy(policy, {
  'a pass is good': { facts: { ...nobody, dmarc: dmarc('pass', 'reject') }, expect: 'score -1 pass' },
  'no policy says nothing': { facts: { ...nobody, dmarc: dmarc('none') }, expect: 'pass' },
  'DM-10: p=none changes nothing': { facts: { ...nobody, dmarc: dmarc('fail', 'none') }, expect: 'pass' },
  'DM-08: without an answer of the DNS nothing is said': { facts: { ...nobody, dmarc: dmarc('temperror') }, expect: 'pass' },
  'DM-08: unless the domain is known to ask for refusal: then the sender may come again': {
    facts: { ...nobody, dmarc: dmarc('temperror', 'reject') },
    expect: 'defer no-answer',
  },
  'DM-01: when nobody can tell who has written it, nobody vouches for it': {
    facts: { ...nobody, dmarc: { ...dmarc('permerror'), domain: '', why: '2 From fields' } },
    expect: 'quarantine unclear-author',
  },
  'p=quarantine tags': { facts: { ...nobody, dmarc: dmarc('fail', 'quarantine') }, expect: 'tag 2.5 policy-quarantine' },
  'DM-09: p=reject alone never refuses': { facts: failing, expect: 'quarantine 4 policy-reject' },
  'DM-12: with other evidence it does': { evidence: { 'ip-reputation': 3 }, facts: failing, expect: 'reject policy-reject' },
  'evidence of the same kind is no other': {
    evidence: { authentication: 6 },
    facts: failing,
    expect: 'quarantine 4 policy-reject',
  },
  'little evidence is not enough': { evidence: { 'ip-identity': 2.5 }, facts: failing, expect: 'quarantine 4 policy-reject' },
  'a protected domain gets its will': {
    options: { protected: ['sender.example'] },
    facts: failing,
    expect: 'reject policy-reject',
  },
  'so does everybody where the administrator wants it': {
    options: { rejectAs: 'reject' },
    facts: failing,
    expect: 'reject policy-reject',
  },
  'DM-11: what a trusted forwarder passes on is let through': {
    options: { forwarders: ['*.alumni.example'] },
    facts: { ...failing, reverseDns: confirmed('out.alumni.example') },
    expect: 'score 0 trusted-forwarder',
  },
  'a forwarder is one only by its confirmed name': {
    options: { forwarders: ['*.alumni.example'] },
    facts: { ...failing, reverseDns: { status: 'unconfirmed', name: 'out.alumni.example', names: [] } },
    expect: 'quarantine 4 policy-reject',
  },
  'DM-11: a mailing list that is named is let through': {
    options: { lists: ['lists.club.example'] },
    facts: list,
    expect: 'score 0 mailing-list',
  },
  'one that only claims to be a list is not': {
    options: { lists: ['lists.club.example'] },
    facts: { ...list, dkim: [signedBy('evil.example')] },
    expect: 'quarantine 4 policy-reject',
  },
  'a list that is unknown is not': { facts: list, expect: 'quarantine 4 policy-reject' },
  'a list is learned from what others have written, for which DMARC passes': [
    ...[0, 1, 2, 3, 4].map(n => ({
      at: n * day,
      facts: { ...list, dmarc: writtenBy(n) },
      expect: 'score -1 pass' as const,
      becomes: 'delivered' as const,
    })),
    { at: 5 * day, facts: list, expect: 'score 0 mailing-list' },
    { at: 5 * day, options: { protected: ['sender.example'] }, facts: list, expect: 'reject policy-reject' },
    { at: 5 * day, options: { learnAfterMessages: 0 }, facts: list, expect: 'quarantine 4 policy-reject' },
  ],
  'not in one day': [
    ...[0, 1, 2, 3, 4, 5].map(n => ({
      at: n,
      facts: { ...list, dmarc: writtenBy(n) },
      expect: 'score -1 pass' as const,
      becomes: 'delivered' as const,
    })),
    { at: day, facts: list, expect: 'quarantine 4 policy-reject' },
  ],
  'not from one author, nor from itself': [
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(n => ({
      at: n * day,
      facts: { ...list, dmarc: { ...dmarc('pass'), domain: n % 2 === 0 ? 'club.example' : 'evil.example' } },
      expect: 'score -1 pass' as const,
      becomes: 'delivered' as const,
    })),
    { at: 8 * day, facts: list, expect: 'quarantine 4 policy-reject' },
  ],
  'and not from mail that was not welcome': [
    ...[0, 1, 2, 3, 4, 5].map(n => ({
      at: n * day,
      facts: { ...list, dmarc: writtenBy(n) },
      expect: 'score -1 pass' as const,
      becomes: 'quarantined' as const,
    })),
    { at: 6 * day, facts: list, expect: 'quarantine 4 policy-reject' },
  ],
  'ARC-02: a sealer that we believe says that DMARC had passed': {
    facts: sealed(['google.com', 'pass']),
    expect: 'score 0 trusted-sealer',
  },
  'ARC-02: a stranger that says so is not believed': {
    facts: sealed(['evil.example', 'pass']),
    expect: 'quarantine 4 policy-reject',
  },
  'ARC-02: not even when somebody whom we believe has sealed after it': {
    facts: sealed(['evil.example', 'pass'], ['google.com', 'fail']),
    expect: 'quarantine 4 policy-reject',
  },
  'ARC-02: nor one whom we believe, behind whom a stranger has sealed': {
    facts: sealed(['google.com', 'pass'], ['evil.example', 'pass']),
    expect: 'quarantine 4 policy-reject',
  },
  'ARC-02: a chain of sealers that we believe': {
    facts: sealed(['evil.example', 'fail'], ['google.com', 'pass'], ['messagingengine.com', 'fail']),
    expect: 'score 0 trusted-sealer',
  },
  'a broken chain says nothing': {
    facts: { ...failing, arc: { result: 'fail', sets: [{ sealer: 'google.com', dmarc: 'pass' }] } },
    expect: 'quarantine 4 policy-reject',
  },
  'our own users are not judged by DMARC': {
    given: { session: { listener: 'submission' } },
    facts: failing,
    expect: 'pass',
  },
})
