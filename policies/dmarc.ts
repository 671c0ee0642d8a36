import { defer, definePolicy, type EvidencePoints, pass, quarantine, reject, score, tag, wasWelcome } from 'postern'
import { arc, dkim, dmarc, headers, reverseDns, spf } from 'postern/facts'
import { knownList, namedList, rememberList } from './dmarc/mailing-list.ts'
import { options } from './dmarc/options.ts'
import { trustedSealer } from './dmarc/sealer.ts'

/** Does what the domain in From asks for when nobody vouches for it, as far as that hurts no innocent (RFC 9989). */
export default definePolicy({
  name: 'dmarc',
  phase: 'message',
  summary:
    'Tag, quarantine or refuse mail that nobody vouches for, as the domain in From asks, unless a known list or forwarder has passed it on.',
  evidence: 'authentication',
  // Who makes us look for so long that there is no result must not gain by it.
  onError: 'defer',
  options,
  reasons: {
    pass: ['7.0', 'Welcome'],
    'trusted-forwarder': ['7.0', 'Welcome'],
    'mailing-list': ['7.0', 'Welcome'],
    'trusted-sealer': ['7.0', 'Welcome'],
    'unclear-author': ['6.0', 'It is not clear who has written this message'],
    'no-answer': ['7.26', 'We cannot find out whether this message is from whom it claims to be, please try again later', 451],
    'policy-quarantine': ['7.26', 'This message fails the DMARC policy of its From domain'],
    'policy-reject': ['7.26', 'This message fails the DMARC policy of its From domain'],
  },
  facts: () => ({ dmarc, spf, dkim, arc, headers, reverseDns }),
  async judge({ session, tally, options, facts, store, now }) {
    const { dmarc, reverseDns } = facts
    if (session.listener === 'submission') return pass()
    if (dmarc.result === 'pass') return score(-options.pass, 'pass', dmarc.domain)
    // Nobody can tell who has written it: then nobody can vouch for it either.
    if (dmarc.result === 'permerror' && facts.headers.authors.length > 0) return quarantine('unclear-author', dmarc.why)
    if (dmarc.result === 'temperror' && dmarc.policy === 'reject') return defer('no-answer', dmarc.why)
    if (dmarc.result !== 'fail' || dmarc.policy === 'none') return pass()
    const forwarder = options.forwarders.find(session.client.ip, reverseDns)
    if (forwarder !== undefined) return score(0, 'trusted-forwarder', forwarder)
    const isProtected = options.protected.find(dmarc.domain) !== undefined
    const other = otherEvidence(tally.evidence, options.corroboration)
    const named = isProtected ? undefined : namedList(facts, options)
    // What we have learned of a list does not outweigh what others know of its machine.
    const list = named ?? (isProtected || other ? undefined : await knownList(facts, { options, store, now }))
    if (list !== undefined) return score(0, 'mailing-list', list)
    const sealer = isProtected ? undefined : trustedSealer(facts.arc, options)
    if (sealer !== undefined) return score(0, 'trusted-sealer', sealer)

    if (dmarc.policy === 'quarantine') return tag('policy-quarantine', dmarc.domain, options.quarantine)
    if (!isProtected && options.rejectAs !== 'reject' && !other) return quarantine('policy-reject', dmarc.domain, options.reject)
    return reject('policy-reject', other ? `${dmarc.domain}, with ${other}` : dmarc.domain)
  },
  async learn({ trace, facts: { dmarc, dkim, spf, headers }, options, store, now }) {
    if (dkim && spf && headers && dmarc?.result === 'pass' && wasWelcome(trace)) {
      await rememberList({ dkim, spf, headers }, dmarc.domain, { options, store, now })
    }
    return []
  },
})

/** Something else than a missing signature that speaks against the message. */
function otherEvidence(evidence: EvidencePoints, least: number): string | undefined {
  return Object.entries(evidence).find(([kind, points]) => kind !== 'authentication' && points >= least)?.[0]
}
