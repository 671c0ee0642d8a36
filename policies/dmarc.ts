import {
  clientList,
  definePolicy,
  domainList,
  pass,
  quarantine,
  registeredDomain,
  reject,
  type Store,
  score,
  tag,
  wasWelcome,
  z,
} from 'postern'
import {
  type ArcFinding,
  arc,
  type DkimFinding,
  dkim,
  dmarc,
  type HeadersFinding,
  headers,
  reverseDns,
  type SpfFinding,
  spf,
} from 'postern/facts'

const points = z.number().min(0)
const dayMs = 24 * 60 * 60 * 1000
const listMemorySeconds = 180 * 24 * 60 * 60

/** Providers that seal what their users forward, and check before they do. */
const usualSealers = [
  'google.com',
  'microsoft.com',
  'messagingengine.com',
  'fastmail.com',
  'pobox.com',
  'topicbox.com',
  'one.com',
  'zone.eu',
  'forwardemail.net',
]

const options = z.strictObject({
  pass: points.default(1).describe('Points that are taken off when DMARC passes.'),
  quarantine: points
    .default(2.5)
    .describe('Points when it fails and the domain asks for quarantine; the message is tagged as well.'),
  reject: points.default(4).describe('Points when it fails and the domain asks for refusal; the message is quarantined as well.'),
  rejectAs: z
    .enum(['quarantine', 'reject'])
    .default('quarantine')
    .describe(
      'What happens when the domain asks for refusal and nothing else speaks against the message. Lists and forwarders break DMARC: a refused message of a list may get your user unsubscribed (RFC 9989, 7.4).',
    ),
  corroboration: points
    .default(3)
    .describe('So many points of another kind of evidence corroborate the failure, so that the message is refused.'),
  protected: domainList.describe('Domains, such as that of your bank, whose wish for refusal is always followed.'),
  forwarders: clientList.describe('Clients that pass mail on for your users, by address, network or confirmed host name.'),
  lists: domainList.describe('Domains of mailing lists, as they sign or send, that change what others have written.'),
  learnAfterMessages: z
    .number()
    .int()
    .min(0)
    .default(5)
    .describe('After so many messages of others for which DMARC passed, a mailing list is known; 0 is never.'),
  learnAfterDays: z.number().min(0).default(3).describe('And so many days after its first message.'),
  learnFromDomains: z
    .number()
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe('And from authors of so many domains, none of them its own: an attacker has none to show.'),
  sealers: domainList.prefault(usualSealers).describe('Who is believed when it says by ARC that DMARC had passed before it.'),
})

type Options = z.output<typeof options>

/** Does what the domain in From asks for when nobody vouches for it, as far as that hurts no innocent (RFC 9989). */
export default definePolicy({
  name: 'dmarc',
  phase: 'message',
  summary:
    'Tag, quarantine or refuse mail that nobody vouches for, as the domain in From asks, unless a known list or forwarder has passed it on.',
  evidence: 'authentication',
  options,
  reasons: {
    pass: ['7.0', 'Welcome'],
    'trusted-forwarder': ['7.0', 'Welcome'],
    'mailing-list': ['7.0', 'Welcome'],
    'trusted-sealer': ['7.0', 'Welcome'],
    'policy-quarantine': ['7.26', 'This message fails the DMARC policy of its From domain'],
    'policy-reject': ['7.26', 'This message fails the DMARC policy of its From domain'],
  },
  facts: () => ({ dmarc, spf, dkim, arc, headers, reverseDns }),
  async judge({ session, tally, options, facts, store, now }) {
    const { dmarc, reverseDns } = facts
    if (session.listener === 'submission') return pass()
    if (dmarc.result === 'pass') return score(-options.pass, 'pass', dmarc.domain)
    if (dmarc.result !== 'fail' || dmarc.policy === 'none') return pass()
    const forwarder = options.forwarders.find(session.client.ip, reverseDns)
    if (forwarder !== undefined) return score(0, 'trusted-forwarder', forwarder)
    const isProtected = options.protected.find(dmarc.domain) !== undefined
    const list = isProtected ? undefined : await knownList(facts, options, store, now)
    if (list !== undefined) return score(0, 'mailing-list', list)
    const sealer = isProtected ? undefined : trustedSealer(facts.arc, options)
    if (sealer !== undefined) return score(0, 'trusted-sealer', sealer)

    if (dmarc.policy === 'quarantine') return tag('policy-quarantine', dmarc.domain, options.quarantine)
    const other = Object.entries(tally.evidence).find(
      ([kind, points]) => kind !== 'authentication' && points >= options.corroboration,
    )
    if (isProtected || options.rejectAs === 'reject' || other)
      return reject('policy-reject', [dmarc.domain, other?.[0]].filter(Boolean).join(', with '))
    return quarantine('policy-reject', dmarc.domain, options.reject)
  },
  async learn({ trace, facts: { dmarc, dkim, spf, headers }, options, store, now }) {
    if (!dmarc || !dkim || !spf || !headers || dmarc.result !== 'pass' || !wasWelcome(trace)) return []
    const list = listDomain({ dkim, spf, headers })
    const author = registeredDomain(dmarc.domain)
    if (list === undefined || list === author || options.learnAfterMessages === 0) return []
    const seen = (await store.get<Seen>(list)) ?? { first: now.getTime(), messages: 0, authors: [] }
    const authors = [...new Set([...seen.authors, author])].slice(0, options.learnFromDomains)
    await store.set(list, { ...seen, messages: seen.messages + 1, authors }, listMemorySeconds)
    return []
  },
})

/** A mailing list, since when, how much of it has come, and from the authors of which domains. */
interface Seen {
  readonly first: number
  readonly messages: number
  readonly authors: readonly string[]
}

interface ListFacts {
  readonly headers: HeadersFinding
  readonly dkim: readonly DkimFinding[]
  readonly spf: SpfFinding
}

/** The list that has passed the message on: one that the administrator names, or one that we know. */
async function knownList(facts: ListFacts, options: Options, store: Store, now: Date): Promise<string | undefined> {
  const named = vouched(facts).find(domain => options.lists.find(domain) !== undefined)
  if (named !== undefined) return named
  const list = listDomain(facts)
  const seen = list === undefined ? undefined : await store.get<Seen>(list)
  if (!seen || options.learnAfterMessages === 0) return undefined
  const isOld = now.getTime() - seen.first >= options.learnAfterDays * dayMs
  const isVaried = seen.authors.length >= options.learnFromDomains
  return isOld && isVaried && seen.messages >= options.learnAfterMessages ? list : undefined
}

/** The domain of the list in List-Id, if it vouches for the message: anybody can write a List-Id. */
function listDomain({ headers: { listId }, ...facts }: ListFacts): string | undefined {
  if (listId === undefined) return undefined
  const domain = registeredDomain(listId)
  return vouched({ ...facts }).some(voucher => registeredDomain(voucher) === domain) ? domain : undefined
}

function vouched({ dkim, spf }: Pick<ListFacts, 'dkim' | 'spf'>): string[] {
  const signed = dkim.filter(({ result }) => result === 'pass').map(({ domain }) => domain)
  return spf.result === 'pass' ? [...signed, spf.domain] : signed
}

/**
 * The sealer that says that DMARC had passed. Everybody who has sealed after it must be trusted too: before that, the chain
 * is what an attacker has made of it.
 */
function trustedSealer({ result, sets }: ArcFinding, { sealers }: Options): string | undefined {
  if (result !== 'pass') return undefined
  const firstStranger = sets.findLastIndex(({ sealer }) => !isTrusted(sealer, sealers))
  return sets.slice(firstStranger + 1).find(({ dmarc }) => dmarc === 'pass')?.sealer
}

function isTrusted(sealer: string, sealers: Options['sealers']): boolean {
  return sealers.find(sealer) !== undefined || sealers.find(registeredDomain(sealer)) !== undefined
}
