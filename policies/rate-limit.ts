import {
  type Address,
  defer,
  definePolicy,
  type Lesson,
  neighbourhood,
  pass,
  reject,
  type Session,
  type Store,
  score,
  z,
} from 'postern'
import { type SpfFinding, spf } from 'postern/facts'

const options = z
  .strictObject({
    count: z
      .enum(['connections', 'messages', 'recipients', 'refused-recipients'])
      .default('messages')
      .describe(
        'What is counted. Refused recipients are those that were refused for good, most of them because they do not exist.',
      ),
    per: z
      .enum(['address', 'network', 'sender-domain', 'account'])
      .default('address')
      .describe(
        'Who shares a count: a client’s address, its /24 or /64, the domain in MAIL FROM, or an account of ours (for `as: submission`).',
      ),
    limit: z.number().int().min(1).default(100).describe('How many are free.'),
    seconds: z.number().int().min(1).max(86_400).default(60).describe('In how many seconds.'),
    kind: z
      .enum(['window', 'token'])
      .default('window')
      .describe('Whether the count begins anew after that time (`window`), or goes down evenly all the time (`token`).'),
    action: z.enum(['score', 'defer', 'reject']).default('defer').describe('What happens to what is beyond the limit.'),
    points: z.number().min(0).default(2).describe('How many points, when the action is `score`.'),
  })
  .refine(({ count, per }) => count !== 'connections' || per === 'address' || per === 'network', {
    path: ['per'],
    error: 'expected address or network: a connection has no sender yet, and no account',
  })

type Options = z.output<typeof options>

const reasons = { 'too-many': ['7.1', 'You send too much at a time'] } as const
const common = {
  name: 'rate-limit',
  summary: 'Count, and judge what is beyond the limit.',
  evidence: 'behaviour',
  options,
  reasons,
} as const

interface Counted {
  readonly session: Session
  readonly sender?: Address | null
  readonly options: Options
  readonly store: Store
  readonly now: Date
  /** SPF says that the client may send for the sender's domain. */
  readonly isTheirs?: boolean
}

/** Who sends for a domain is known only by SPF. */
const facts = ({ per }: Options): { readonly spf?: typeof spf } => (per === 'sender-domain' ? { spf } : {})

// What was counted before a recipient is named is judged with the recipient, as every other refusal.
const atConnect = definePolicy({
  ...common,
  phase: 'connect',
  judge: async known => (known.options.count === 'connections' ? judge(await count(known, 1), known.options) : pass()),
})

const atMail = definePolicy({
  ...common,
  phase: 'mail',
  facts,
  judge: async known => {
    const { options } = known
    return options.count === 'messages' ? judge(await count(withSender(known), 1), options) : pass()
  },
})

/** Slows down clients that want too much at a time. */
export default definePolicy({
  ...common,
  phase: 'rcpt',
  summary: 'Limit the connections, messages, recipients or refused recipients of one client, network or sender in a time.',
  also: [atConnect, atMail],
  facts,
  async judge(input) {
    const { options } = input
    const known = withSender(input)
    if (options.count === 'recipients') return judge(await count(known, 1), options)
    if (options.count !== 'refused-recipients') return pass()
    // Those of this transaction are learned when it is over.
    return judge((await count(known, 0)) + input.unknown, options)
  },
  async learn(lesson) {
    const refused = refusedIn(lesson)
    if (lesson.options.count === 'refused-recipients' && refused > 0) await count(countedIn(lesson), refused)
    return []
  },
})

function withSender<T extends Counted>(known: T & { readonly facts: { readonly spf?: SpfFinding } }): Counted {
  return { ...known, isTheirs: known.facts.spf?.result === 'pass' }
}

function judge(counted: number, { action, limit, points, seconds, kind }: Options) {
  if (counted <= limit) return pass()
  const detail = `${Math.ceil(counted)} in ${seconds} s (${kind}), and ${limit} are free`
  if (action === 'score') return score(points, 'too-many', detail)
  return action === 'defer' ? defer('too-many', detail) : reject('too-many', detail)
}

/** Adds to the count of whoever it is, and answers with it. Our own users and bounces are not counted by their domain. */
async function count(known: Counted, amount: number): Promise<number> {
  const key = keyOf(known)
  if (key === undefined) return 0
  return known.options.kind === 'token' ? countTokens(key, amount, known) : countWindow(key, amount, known)
}

async function countWindow(key: string, amount: number, { store, options }: Counted): Promise<number> {
  return amount === 0 ? ((await store.get<number>(key)) ?? 0) : store.add(key, amount, options.seconds)
}

/** What was counted, and when. */
interface Bucket {
  readonly level: number
  readonly at: number
}

/** A bucket that leaks: what is in it goes down by the limit in the time. */
async function countTokens(key: string, amount: number, { store, options, now }: Counted): Promise<number> {
  const bucket = await store.get<Bucket>(key)
  const elapsedSeconds = bucket ? Math.max(0, (now.getTime() - bucket.at) / 1000) : 0
  const left = Math.max(0, (bucket?.level ?? 0) - (elapsedSeconds * options.limit) / options.seconds)
  // What is refused does not fill it further, or a client that does not give up would never be let in again.
  const level = Math.min(left + amount, options.limit + 1)
  if (amount > 0) await store.set(key, { level: level > options.limit ? left : level, at: now.getTime() }, options.seconds)
  return level
}

function keyOf({ session, sender, isTheirs, options: { per } }: Counted): string | undefined {
  const { ip } = session.client
  if (per === 'account') return session.user
  // Anybody can name any sender: what he sends must not count for the one he names.
  if (per === 'sender-domain')
    return sender ? (isTheirs ? sender.domain : `${sender.domain} from ${neighbourhood(ip)}`) : undefined
  // A client with IPv6 has as many addresses as it likes, all in one /64.
  return per === 'address' && !ip.includes(':') ? ip : neighbourhood(ip)
}

function refusedIn({ trace }: Lesson<Options, object>): number {
  return trace.recipients.filter(({ outcome, rule }) => outcome === 'rejected' && rule === undefined).length
}

function countedIn({ trace, facts, options, store, now }: Lesson<Options, { readonly spf?: SpfFinding }>): Counted {
  const domain = trace.sender?.slice(trace.sender.lastIndexOf('@') + 1)
  const sender = domain ? { local: '', domain } : null
  return { session: trace.session, sender, options, store, now, isTheirs: facts.spf?.result === 'pass' }
}
