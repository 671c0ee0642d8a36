import { type Address, clientList, defer, definePolicy, pass, type Session, type Store, score, wasWelcome, z } from 'postern'
import {
  type DnswlFinding,
  dkim,
  dmarc,
  dnswl,
  headers,
  listZone,
  type ReverseDnsFinding,
  reverseDns,
  type SpfFinding,
  senderDmarc,
  spf,
} from 'postern/facts'
import { type Identity, identityOf } from './greylist/identity.ts'
import { attempt, hasPassed, type Outcome, passes, praise, review, type Times } from './greylist/memory.ts'

const options = z
  .strictObject({
    delaySeconds: z
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(120)
      .describe('How long a suspicious sender must wait before it may come again.'),
    windowHours: z.number().min(1).max(240).default(24).describe('How long it has for that.'),
    keepDays: z.number().min(1).max(365).default(36).describe('How long a sender that has come again is known.'),
    from: z
      .number()
      .default(4)
      .describe(
        'The points from which on a sender is suspicious. One that nobody vouches for is, with less: no confirmed name, no SPF, no signature.',
      ),
    to: z.number().default(8).describe('The points from which on waiting does not help: other rules decide.'),
    domainPasses: z
      .number()
      .int()
      .min(1)
      .default(1)
      .describe('A domain that SPF or DKIM confirms is known to everybody once it has come again so often.'),
    otherPasses: z
      .number()
      .int()
      .min(1)
      .default(3)
      .describe('So often must any other sender come again to be known to everybody.'),
    dnswl: listZone('good addresses')
      .optional()
      .describe('An allow list in the DNS, such as list.dnswl.org: whoever is in it with some trust need not wait.'),
    forwarders: clientList.describe('Clients that pass mail on for your users, by address, network or confirmed host name.'),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], error: 'expected at least as many points as from' })
  .refine(({ delaySeconds, windowHours }) => delaySeconds < windowHours * 3600, {
    path: ['windowHours'],
    error: 'expected longer than delaySeconds',
  })

type Options = z.output<typeof options>

const reasons = {
  'try-later': ['7.1', 'We do not know your server yet, please try again in a few minutes', 451],
  returned: ['7.0', 'Welcome back'],
} as const

const clientFacts = ({ dnswl: zone }: Options) => ({ reverseDns, spf, ...(zone !== undefined && { dnswl: dnswl(zone) }) })

/** Before the message comes: only what no signature could clear. */
const atRcpt = definePolicy({
  name: 'greylist',
  phase: 'rcpt',
  summary: 'Ask suspicious senders to come again later, when no signature could clear them.',
  options,
  reasons,
  facts: options => ({ ...clientFacts(options), senderDmarc }),
  async judge({ session, sender, recipient, facts, tally, options, store, now }) {
    const { spf, reverseDns, senderDmarc } = facts
    if (sender === null || needsNoWait(session, facts, options)) return pass()
    const isSuspicious = tally.score >= options.from && tally.score < options.to
    const couldBeCleared = spf.result === 'pass' || spf.result === 'temperror' || senderDmarc.policy !== 'no'
    if (!isSuspicious || couldBeCleared) return pass()
    const identity = identityOf({ ip: session.client.ip, spf, reverseDns })
    if (await isKnown(identity, options, store)) return pass()
    return judge(
      [await attempt({ identity, sender, recipient }, store, now, timesOf(options))],
      `${tally.score} points, ${identity.name}`,
    )
  },
})

/** Asks the suspicious, and nobody else, to come again later: programs that only send do not (RFC 6647). */
export default definePolicy({
  name: 'greylist',
  phase: 'message',
  summary: 'Ask suspicious senders to come again in a few minutes, once, unless somebody vouches for them.',
  options,
  reasons,
  also: [atRcpt],
  facts: options => ({ ...clientFacts(options), dkim, dmarc, headers }),
  async judge({ session, sender, recipients, facts, tally, options, store, now }) {
    const { spf, reverseDns, dkim, dmarc, headers } = facts
    if (sender === null || dmarc.result === 'pass' || needsNoWait(session, facts, options)) return pass()
    // What waits for a person anyway need not wait for its sender as well.
    if ((tally.evidence.history ?? 0) < 0 || tally.quarantine) return pass()
    const isUnknown = isNobody(spf, reverseDns) && !dkim.some(({ result }) => result === 'pass' || result === 'temperror')
    if (!(isUnknown && tally.score < options.to) && !(tally.score >= options.from && tally.score < options.to)) return pass()
    const beforeMessage = identityOf({ ip: session.client.ip, spf, reverseDns })
    const identity = identityOf({ ip: session.client.ip, spf, reverseDns, dkim, authors: headers.authors })
    if ((await isKnown(identity, options, store)) || (await isKnown(beforeMessage, options, store))) return pass()
    const wait = async (recipient: Address): Promise<Outcome> => {
      // Whoever has waited at RCPT does not wait again because a signature tells more of it.
      if (await hasPassed({ identity: beforeMessage, sender, recipient }, store)) return { state: 'known' }
      return attempt({ identity, sender, recipient }, store, now, timesOf(options))
    }
    return judge(
      await Promise.all(recipients.map(wait)),
      `${isUnknown ? 'nobody vouches for it' : `${tally.score} points`}, ${identity.name}`,
    )
  },
  async learn({ trace, said, facts: { spf, reverseDns, dkim, headers }, options, store, now }) {
    const times = timesOf(options)
    const returned = said.find(verdict => verdict.action === 'score' && verdict.reason === 'returned')
    const { client } = trace.session
    const about = {
      id: trace.id,
      client: client.ip,
      sender: trace.sender,
      recipients: trace.recipients.map(({ address }) => address),
    }
    const note = returned && 'detail' in returned ? [{ text: `greylisted, returned ${returned.detail}`, fields: about }] : []
    const isGood = wasWelcome(trace) && trace.recipients.every(recipient => recipient.score < options.from)
    if (spf && reverseDns && dkim && headers && isGood) {
      const identity = identityOf({ ip: client.ip, spf, reverseDns, dkim, authors: headers.authors })
      // A domain with a history need not wait; a machine has none of its own.
      if (identity.isDomain && (await passes(identity, store)) === 0) await praise(identity, store, times)
    }
    return [...note, ...(await review(store, now, times))]
  },
})

function timesOf({ delaySeconds, windowHours, keepDays }: Options): Times {
  return { delay: delaySeconds, window: windowHours * 3600, keep: keepDays * 86_400 }
}

interface ClientFindings {
  readonly reverseDns: ReverseDnsFinding
  readonly dnswl?: DnswlFinding
}

/** Whom nobody suspects: our own users, forwarders, and whoever an allow list trusts. */
function needsNoWait(
  { client, listener, user }: Session,
  { reverseDns, dnswl }: ClientFindings,
  { forwarders }: Options,
): boolean {
  const isTrusted = dnswl?.trust !== undefined && dnswl.trust !== 'none'
  return listener === 'submission' || user !== undefined || isTrusted || forwarders.find(client.ip, reverseDns) !== undefined
}

/** Neither the client's name nor the sender's domain says anything for it. What could not be found out does not speak against it. */
function isNobody(spf: SpfFinding, reverseDns: ReverseDnsFinding): boolean {
  return (
    spf.result !== 'pass' && spf.result !== 'temperror' && (reverseDns.status === 'none' || reverseDns.status === 'unconfirmed')
  )
}

async function isKnown(identity: Identity, { domainPasses, otherPasses }: Options, store: Store): Promise<boolean> {
  return (await passes(identity, store)) >= (identity.isDomain ? domainPasses : otherPasses)
}

/** Everybody waits until the last of them has waited long enough: there is one reply for all. */
function judge(outcomes: readonly Outcome[], why: string) {
  if (outcomes.some(({ state }) => state === 'wait')) return defer('try-later', why)
  const longest = Math.max(0, ...outcomes.map(outcome => (outcome.state === 'returned' ? outcome.afterMs : 0)))
  return longest > 0 ? score(0, 'returned', `after ${duration(longest)}`) : pass()
}

/** `4 m 10 s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts
    .map((part, at) => (part > 0 || at === 2 ? `${part} ${'hms'[at]}` : ''))
    .filter(Boolean)
    .join(' ')
}
