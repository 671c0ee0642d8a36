import { defer, definePolicy, type Lesson, pass, type Store, z } from 'postern'

const options = z.strictObject({
  recipients: z
    .number()
    .int()
    .min(1)
    .default(500)
    .describe('To how many different recipients an account may write in the time, until it is stopped.'),
  refused: z
    .number()
    .int()
    .min(1)
    .default(50)
    .describe('How many recipients may be refused for good in the time: whoever writes to people he knows misses few.'),
  seconds: z.number().int().min(60).max(86_400).default(3600).describe('The time, in seconds.'),
  days: z
    .number()
    .int()
    .min(1)
    .max(60)
    .default(30)
    .describe('For how many days an account is stopped, unless `postern account release` lets it go on before.'),
})

type Options = z.output<typeof options>

/** When and why an account was stopped. */
interface Stop {
  readonly at: number
  readonly why: string
}

/** What is known of an account, from its own part of the store. */
interface Watched {
  readonly user: string
  readonly store: Store
  readonly options: Options
  readonly now: Date
}

const day = 24 * 3600

/**
 * Stops an account that writes to more people than anybody would, or to many who do not exist: somebody else has its
 * password. What it sends is put off, not refused, so that nothing of the owner's is lost.
 */
export default definePolicy({
  name: 'breaker',
  phase: 'rcpt',
  summary:
    'Stop an account of ours that writes to too many different recipients, or to many that are refused, until somebody releases it.',
  evidence: 'behaviour',
  options,
  reasons: {
    stopped: ['7.1', 'Your account has been stopped because it sends too much; please ask your postmaster', 451],
  },
  async judge({ session, store, options, now, others }) {
    const { user } = session
    if (user === undefined) return pass()
    const watched = { user, store, options, now }
    const stop = (await stopOf(watched)) ?? (await stopNow(watched, others.length + 1))
    return stop ? defer('stopped', stop.why) : pass()
  },
  async learn({ trace, store, options, now }: Lesson<Options, object>) {
    const { user } = trace.session
    if (user === undefined) return []
    const watched = { user, store, options, now }
    for (const { address, outcome } of trace.recipients) if (outcome === 'delivered') await noteRecipient(watched, address)
    const refused = trace.recipients.filter(({ outcome, rule }) => outcome === 'rejected' && rule === undefined).length
    if (refused > 0) await store.add(`refused ${user}`, refused, options.seconds)
    return noteOnce(watched)
  },
})

/** Nobody has released it since. */
async function stopOf({ user, store }: Watched): Promise<Stop | undefined> {
  const stop = await store.get<Stop>(`stopped ${user}`)
  const released = await store.get<number>(`released ${user}`)
  return stop && (released === undefined || released < stop.at) ? stop : undefined
}

/** Stops it, when it is over a limit with the recipients of this message. */
async function stopNow(watched: Watched, inThisMessage: number): Promise<Stop | undefined> {
  const { user, store, options, now } = watched
  const released = await store.get<number>(`released ${user}`)
  // What it had sent before it was released is forgiven.
  if (released !== undefined && released > now.getTime() - options.seconds * 1000) return undefined
  const recipients = ((await store.get<number>(`recipients ${user}`)) ?? 0) + inThisMessage
  const refused = (await store.get<number>(`refused ${user}`)) ?? 0
  const why = tooMuch({ recipients, refused }, options)
  if (why === undefined) return undefined
  const stop = { at: now.getTime(), why }
  await store.set(`stopped ${user}`, stop, options.days * day)
  return stop
}

function tooMuch({ recipients, refused }: { recipients: number; refused: number }, options: Options): string | undefined {
  if (recipients > options.recipients)
    return `${recipients} recipients in ${options.seconds} s, and ${options.recipients} are free`
  if (refused > options.refused) return `${refused} refused recipients in ${options.seconds} s, and ${options.refused} are free`
  return undefined
}

/** Whoever writes to the same people again and again is not counted for it. */
async function noteRecipient({ user, store, options }: Watched, address: string): Promise<void> {
  const key = `to ${user} ${address.toLowerCase()}`
  if ((await store.get<number>(key)) !== undefined) return
  await store.set(key, 1, options.seconds)
  await store.add(`recipients ${user}`, 1, options.seconds)
}

/** One line for the log when it is stopped, not one for each message that is put off. */
async function noteOnce(watched: Watched) {
  const { user, store, options } = watched
  const stop = await stopOf(watched)
  if (!stop || (await store.get<number>(`told ${user}`)) === stop.at) return []
  await store.set(`told ${user}`, stop.at, options.days * day)
  const text = 'an account has been stopped: give it another password, then release it with `postern account release`'
  return [{ text, fields: { user, why: stop.why } }]
}
