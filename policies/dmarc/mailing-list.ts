import { registeredDomain, type Store } from 'postern'
import type { DkimFinding, HeadersFinding, SpfFinding } from 'postern/facts'
import type { Options } from './options.ts'

const dayMs = 24 * 60 * 60 * 1000
const memorySeconds = 180 * 24 * 60 * 60

/** What a message tells of the list that it came by. */
export interface ListFacts {
  readonly headers: HeadersFinding
  readonly dkim: readonly DkimFinding[]
  readonly spf: SpfFinding
}

/** A mailing list, since when, how much of it has come, and from the authors of which domains. */
interface Seen {
  readonly first: number
  readonly messages: number
  readonly authors: readonly string[]
}

interface Memory {
  readonly options: Options
  readonly store: Store
  readonly now: Date
}

/** The list that has passed the message on, if it is one that the administrator names. */
export function namedList(facts: ListFacts, { lists }: Options): string | undefined {
  return vouchersOf(facts).find(domain => lists.find(domain) !== undefined)
}

/** The list that has passed the message on, if we know it. */
export async function knownList(facts: ListFacts, { options, store, now }: Memory): Promise<string | undefined> {
  const list = listDomain(facts)
  const seen = list === undefined ? undefined : await store.get<Seen>(list)
  if (!seen || options.learnAfterMessages === 0) return undefined
  const isOld = now.getTime() - seen.first >= options.learnAfterDays * dayMs
  const isVaried = seen.authors.length >= options.learnFromDomains
  return isOld && isVaried && seen.messages >= options.learnAfterMessages ? list : undefined
}

/** Remembers a message for whose author DMARC has passed. What a list writes itself proves nothing: so can an attacker. */
export async function rememberList(facts: ListFacts, authorDomain: string, { options, store, now }: Memory): Promise<void> {
  const list = listDomain(facts)
  const author = registeredDomain(authorDomain)
  if (list === undefined || list === author || options.learnAfterMessages === 0) return
  const seen = (await store.get<Seen>(list)) ?? { first: now.getTime(), messages: 0, authors: [] }
  const authors = [...new Set([...seen.authors, author])].slice(0, options.learnFromDomains)
  await store.set(list, { ...seen, messages: seen.messages + 1, authors }, memorySeconds)
}

/** The domain of the list in List-Id, if it vouches for the message: anybody can write a List-Id. */
function listDomain(facts: ListFacts): string | undefined {
  const { listId } = facts.headers
  if (listId === undefined) return undefined
  const domain = registeredDomain(listId)
  return vouchersOf(facts).some(voucher => registeredDomain(voucher) === domain) ? domain : undefined
}

function vouchersOf({ dkim, spf }: ListFacts): string[] {
  const signed = dkim.filter(({ result }) => result === 'pass').map(({ domain }) => domain)
  return spf.result === 'pass' ? [...signed, spf.domain] : signed
}
