import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { publicZone, refusalToAnswer } from './list-answer.ts'

/** A list in the DNS, with the two names by which it proves that it works (RFC 5782, 5). */
export interface List {
  readonly zone: string
  /** In front of the zone: an entry that must be there. */
  readonly listed: string
  /** An entry that must not be there. */
  readonly unlisted: string
}

/** What has become of a list: something for the log. */
export interface ListNews {
  /** The zone, without a key. */
  readonly zone: string
  /** `suspended`: its answers are wrong, so nobody asks it; `silent`: it does not answer; `working` again. */
  readonly state: 'working' | 'silent' | 'suspended'
  readonly why?: string
}

/** What is answered for a suspended list. */
export interface SuspendedAnswer extends DnsAnswer<never> {
  readonly status: 'temperror'
  readonly error: string
  readonly suspended: true
}

export function isSuspended(answer: DnsAnswer<unknown>): answer is SuspendedAnswer {
  return 'suspended' in answer
}

interface Watched {
  readonly list: List
  readonly suffix: string
  news: ListNews
}

interface Options {
  readonly dns: Dns
  readonly lists: readonly List[]
  /** Told whenever the state of a list has changed. */
  readonly report: (news: ListNews) => void
  readonly everyMs?: number
}

const halfAnHourMs = 30 * 60 * 1000
const testTimeoutMs = 10_000
const addressEntry = /^(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9a-f]\.){31}[0-9a-f])$/

/**
 * The DNS, without the lists that have gone wrong. A blocklist that has been given up often lists the whole world: so
 * each list is tested at the start, then every half hour, and is not asked while it fails. A list that refuses to answer
 * is left alone at once, until the next test.
 */
export class ListWatch implements Dns {
  readonly #options: Options
  readonly #watched: readonly Watched[]
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options) {
    this.#options = options
    this.#watched = options.lists.map(list => ({
      list,
      suffix: `.${list.zone}`,
      news: { zone: publicZone(list.zone), state: 'working' },
    }))
  }

  /** Resolves when all lists have been tested once; they are tested again until `stop`. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.test(), this.#options.everyMs ?? halfAnHourMs).unref()
    await this.test()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const watched = this.#watched.find(({ suffix }) => name.endsWith(suffix))
    if (!watched) return this.#options.dns.query(type, name, signal)
    if (watched.news.state === 'suspended') return suspendedAnswer(watched.news)
    const answer = await this.#options.dns.query(type, name, signal)
    if (type === 'A') this.#notice(watched, name, answer)
    return answer
  }

  /** Tests every list, and tells what has changed. */
  async test(): Promise<void> {
    await Promise.all(this.#watched.map(watched => this.#test(watched)))
  }

  async #test(watched: Watched): Promise<void> {
    const { zone, listed, unlisted } = watched.list
    const signal = AbortSignal.timeout(testTimeoutMs)
    const ask = (entry: string) => this.#options.dns.query('A', `${entry}.${zone}`, signal)
    const [present, absent] = await Promise.all([ask(listed), ask(unlisted)])
    const fault = faultOf(present, absent)
    if (fault !== undefined) return this.#become(watched, 'suspended', fault)
    const silent = [present, absent].find(({ status }) => status === 'temperror')
    if (!silent) return this.#become(watched, 'working')
    // Silence proves nothing: a suspended list stays suspended, any other is asked on.
    if (watched.news.state === 'suspended') return
    this.#become(watched, 'silent', silent.error?.replaceAll(zone, watched.news.zone) ?? 'no answer')
  }

  /** A list that refuses to answer, or answers nonsense, about an address. */
  #notice(watched: Watched, name: string, answer: DnsAnswer<unknown>): void {
    // Strangers make us ask for any name they like, in HELO and in MAIL: only what is asked of a list may suspend it.
    if (!addressEntry.test(name.slice(0, -watched.suffix.length))) return
    const fault = refusal(answer)
    if (fault !== undefined) this.#become(watched, 'suspended', fault)
  }

  #become(watched: Watched, state: ListNews['state'], why?: string): void {
    if (watched.news.state === state) return
    watched.news = { zone: watched.news.zone, state, ...(why !== undefined && { why }) }
    this.#options.report(watched.news)
  }
}

/** What a list's answers about its two test entries prove against it. */
function faultOf(present: DnsAnswer<string>, absent: DnsAnswer<string>): string | undefined {
  const refused = refusal(present) ?? refusal(absent)
  if (refused !== undefined) return refused
  if (absent.status === 'found') return 'it lists what must not be listed: perhaps the whole world'
  const isEmpty = present.status === 'nxdomain' || present.status === 'nodata'
  // A list that does not answer at all for the other entry may be down, and its "no such name" a stale one.
  return isEmpty && absent.status !== 'temperror' ? 'it does not list its own test entry: it seems to be empty' : undefined
}

function refusal(answer: DnsAnswer<unknown>): string | undefined {
  return answer.records.map(record => refusalToAnswer(String(record))).find(reason => reason !== undefined)
}

function suspendedAnswer({ why }: ListNews): SuspendedAnswer {
  return {
    status: 'temperror',
    records: [],
    ttlSeconds: 0,
    secure: false,
    error: why ?? 'it has failed its test',
    suspended: true,
  }
}
