import type { Store } from '../engine/store.ts'
import type { PolicyType } from './security.ts'
import { type TlsResult, tlsResults } from './tls-failure.ts'

/** What one connection has come to, under which policy of which domain. */
export interface TlsOutcome {
  readonly domain: string
  readonly policy: PolicyType
  readonly result: TlsResult
}

/** How often each result was met with in one day (UTC). */
export interface TlsCounts {
  readonly domain: string
  readonly policy: PolicyType
  readonly results: Readonly<Partial<Record<TlsResult, number>>>
}

const policies: readonly PolicyType[] = ['tlsa', 'sts', 'no-policy-found']
/** Reports are made on the next day, and may have to be tried again. */
const keptSeconds = 4 * 86_400
/** The domains of a day are remembered in so many lists: a list is written as a whole, so two processes should seldom meet in one. */
const lists = 256
const longestList = 2000

/** Counts what TLS-RPT reports are made of (RFC 8460, 4.3), in a store that outlives the process. */
export class TlsReport {
  readonly #store: Store
  readonly #now: () => Date
  #today = ''
  /** The domains that this process has entered today. */
  #entered = new Set<string>()

  constructor(store: Store, now: () => Date) {
    this.#store = store
    this.#now = now
  }

  async count({ domain, policy, result }: TlsOutcome): Promise<void> {
    const day = dayOf(this.#now())
    if (day !== this.#today) this.#entered = new Set()
    this.#today = day
    if (!this.#entered.has(domain)) await this.#enter(day, domain)
    await this.#store.add(`${day} ${domain} ${policy} ${result}`, 1, keptSeconds)
  }

  /** The counts of a day such as `2026-11-24`, of one domain or of all. */
  async read(day: string, domain?: string): Promise<TlsCounts[]> {
    const domains = domain === undefined ? await this.#domains(day) : [domain]
    const counts = await Promise.all(domains.flatMap(name => policies.map(policy => this.#countsOf(day, name, policy))))
    return counts.filter(({ results }) => Object.keys(results).length > 0)
  }

  async #countsOf(day: string, domain: string, policy: PolicyType): Promise<TlsCounts> {
    const numbers = await Promise.all(
      tlsResults.map(async result => [result, await this.#store.get<number>(`${day} ${domain} ${policy} ${result}`)] as const),
    )
    return { domain, policy, results: Object.fromEntries(numbers.filter(([, count]) => count !== undefined)) }
  }

  async #enter(day: string, domain: string): Promise<void> {
    this.#entered.add(domain)
    const key = `${day} ${listOf(domain)}`
    const known = (await this.#store.get<readonly string[]>(key)) ?? []
    if (known.includes(domain) || known.length >= longestList) return
    await this.#store.set(key, [...known, domain], keptSeconds)
  }

  async #domains(day: string): Promise<string[]> {
    const all = await Promise.all(
      Array.from({ length: lists }, (_, list) => this.#store.get<readonly string[]>(`${day} ${list}`)),
    )
    return all.flatMap(list => list ?? []).toSorted()
  }
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}

function listOf(domain: string): number {
  let sum = 0
  for (let at = 0; at < domain.length; at++) sum = (sum * 31 + domain.charCodeAt(at)) % 65_521
  return sum % lists
}
