import type { Address, Note, Store } from 'postern'
import type { Identity } from './identity.ts'

const hourMs = 60 * 60 * 1000
/** So many attempts of one hour are remembered by name, to say whether they have come back. */
const mostPerHour = 1000
const mostExamples = 10
const mostNewPerHour = 500

/** How long everything takes, in seconds. */
export interface Times {
  readonly delay: number
  readonly window: number
  readonly keep: number
}

/** One sender's first attempt at one recipient. */
interface Attempt {
  readonly first: number
  readonly hasPassed: boolean
}

/** What has come of an attempt. */
export type Outcome =
  | { readonly state: 'wait' }
  | { readonly state: 'returned'; readonly afterMs: number }
  | { readonly state: 'known' }

/** Whom a message is from and for. */
export interface Pair {
  readonly identity: Identity
  readonly sender: Address | null
  readonly recipient: Address
}

/** Notes an attempt, and tells whether it has waited long enough. */
export async function attempt(pair: Pair, store: Store, now: Date, times: Times): Promise<Outcome> {
  const key = keyOf(pair)
  const known = await store.get<Attempt>(key)
  if (known?.hasPassed) return { state: 'known' }
  if (!known) {
    if (await isFlood(pair.identity, store, now)) return { state: 'wait' }
    await store.set(key, { first: now.getTime(), hasPassed: false }, times.window)
    await remember(key, store, now, times)
    return { state: 'wait' }
  }
  const afterMs = now.getTime() - known.first
  if (afterMs < times.delay * 1000) return { state: 'wait' }
  await store.set(key, { first: known.first, hasPassed: true }, times.keep)
  await praise(pair.identity, store, times)
  return { state: 'returned', afterMs }
}

/** Whoever invents recipients without end must not fill our memory: beyond the first of an hour nobody is remembered. */
async function isFlood({ name }: Identity, store: Store, now: Date): Promise<boolean> {
  const hour = Math.floor(now.getTime() / hourMs)
  return (await store.add(`new ${hour} ${name}`, 1, hourMs / 1000)) > mostNewPerHour
}

/** Whether a sender has waited for this recipient before. */
export async function hasPassed(pair: Pair, store: Store): Promise<boolean> {
  return (await store.get<Attempt>(keyOf(pair)))?.hasPassed ?? false
}

/** Whoever is certain to be a domain is known by domain; any other sender only to the one that it has written to. */
function keyOf({ identity, sender, recipient }: Pair): string {
  const domain = recipient.domain.toLowerCase()
  if (identity.isDomain) return `${identity.name} > ${domain}`
  return `${identity.name} ${sender?.domain ?? ''} > ${recipient.local.toLowerCase()}@${domain}`
}

/** One good deed of a sender. */
export async function praise({ name }: Identity, store: Store, times: Times): Promise<void> {
  await store.add(`passes ${name}`, 1, times.keep)
}

export async function passes({ name }: Identity, store: Store): Promise<number> {
  return (await store.get<number>(`passes ${name}`)) ?? 0
}

async function remember(key: string, store: Store, now: Date, { window }: Times): Promise<void> {
  const hour = Math.floor(now.getTime() / hourMs)
  const keepSeconds = window + 6 * 60 * 60
  const number = await store.add(`attempts ${hour}`, 1, keepSeconds)
  if (number <= mostPerHour) await store.set(`attempt ${hour} ${number}`, key, keepSeconds)
}

/** What has come of the attempts whose time is over: something for the log, hour by hour. */
export async function review(store: Store, now: Date, { window, keep }: Times): Promise<Note[]> {
  const last = Math.floor((now.getTime() - window * 1000) / hourMs) - 1
  const reviewed = (await store.get<number>('reviewed')) ?? last - 3
  const notes: Note[] = []
  // After a long silence the hours in between are forgotten already.
  for (let hour = Math.max(reviewed + 1, last - 5); hour <= last; hour++) notes.push(...(await reviewHour(hour, store)))
  if (last > reviewed) await store.set('reviewed', last, keep)
  return notes
}

async function reviewHour(hour: number, store: Store): Promise<Note[]> {
  const all = (await store.get<number>(`attempts ${hour}`)) ?? 0
  const known = Math.min(all, mostPerHour)
  const missing: string[] = []
  for (let number = 1; number <= known; number++) {
    const key = await store.get<string>(`attempt ${hour} ${number}`)
    if (key !== undefined && !(await store.get<Attempt>(key))?.hasPassed) missing.push(key)
  }
  if (missing.length === 0) return []
  const hourStarted = new Date(hour * hourMs).toISOString()
  const fields = { hourStarted, greylisted: all, neverReturned: missing.length, examples: missing.slice(0, mostExamples) }
  return [{ text: `greylisted, never returned: ${missing.length} of ${known}`, fields }]
}
