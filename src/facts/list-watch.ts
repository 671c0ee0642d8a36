import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { type CodeMeanings, publicZone, refusalToAnswer } from './list-answer.ts'
import { suspendedAnswer, watchedAnswer } from './watched-answer.ts'

/** A list in the DNS, with the two names by which it proves that it works (RFC 5782, 5). */
export interface List {
  readonly zone: string
  /** In front of the zone: an entry that must be there. */
  readonly listed: string
  /** An entry that must not be there. */
  readonly unlisted: string
  /** Return codes by which this list refuses to answer us: as long as it does, it is not asked. */
  readonly refusals?: CodeMeanings
  /** Return codes by which it says that a question made no sense, which is no fault of the list. */
  readonly mistakes?: CodeMeanings
}

/** A list of addresses. RFC 5782, 5: each of them has 127.0.0.2, and none has 127.0.0.1. */
export function addressList(zone: string): List {
  return { zone, listed: '2.0.0.127', unlisted: '1.0.0.127' }
}

/** What has become of a list: something for the log. */
export interface ListNews {
  /** The zone, without a key. */
  readonly zone: string
  /** `suspended`: its answers are wrong, so nobody asks it; `silent`: it does not answer; `working` again. */
  readonly state: 'working' | 'silent' | 'suspended'
  readonly why?: string
}

interface Watched {
  readonly list: List
  readonly suffix: string
  news: ListNews
  testedAt: number
  passedAt: number
}

interface Options {
  readonly dns: Dns
  /** The DNS without our memory: a test that is answered from there would test nothing. The same unless told. */
  readonly uncached?: Dns
  readonly lists: readonly List[]
  /** Told whenever the state of a list has changed. */
  readonly report: (news: ListNews) => void
  readonly everyMs?: number
  /** The time in milliseconds; only differences matter. */
  readonly now?: () => number
}

const minuteMs = 60 * 1000
/** How long a test that was passed is proof that a list works. */
const proofMs = 60 * minuteMs
const addressEntry = /^(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9a-f]\.){31}[0-9a-f])$/

/**
 * The DNS, without the lists that have gone wrong. A blocklist that has been given up often lists the whole world: so
 * each list is tested at the start, then every half hour, and is not asked while it fails. A list that refuses to answer
 * is left alone at once, until the next test. Answers of the others say whether their list is proven to work.
 */
export class ListWatch implements Dns {
  readonly #dns: Dns
  readonly #uncached: Dns
  readonly #report: Options['report']
  readonly #everyMs: number
  readonly #now: () => number
  readonly #watched: readonly Watched[]
  #timer: NodeJS.Timeout | undefined

  constructor({ dns, uncached = dns, lists, report, everyMs = 30 * minuteMs, now = performance.now.bind(performance) }: Options) {
    this.#dns = dns
    this.#uncached = uncached
    this.#report = report
    this.#everyMs = everyMs
    this.#now = now
    // A list may be part of another, and what is asked of it is not asked of the other: the longest zone comes first.
    this.#watched = lists.toSorted((a, b) => b.zone.length - a.zone.length).map(newlyWatched)
  }

  /** Resolves when all lists have been tested once; they are tested again until `stop`. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.test(), this.#everyMs).unref()
    await this.test()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const watched = this.#listOf(name)
    if (watched?.news.state === 'suspended') return Promise.resolve(suspendedAnswer(watched.news.why ?? 'it has failed its test'))
    const answer = this.#dns.query(type, name, signal)
    return watched ? answer.then(answer => this.#read(watched, { type, name, answer })) : answer
  }

  #listOf(name: string): Watched | undefined {
    for (const watched of this.#watched) if (name.endsWith(watched.suffix)) return watched
    return undefined
  }

  #read<T>(watched: Watched, { type, name, answer }: { type: DnsType; name: string; answer: DnsAnswer<T> }): DnsAnswer<T> {
    if (type === 'A' && answer.records.length > 0) this.#notice(watched, name, answer)
    return watchedAnswer(answer, this.#isProven(watched))
  }

  /** Tests every list, and tells what has changed. */
  async test(): Promise<void> {
    await Promise.all(this.#watched.map(watched => this.#test(watched)))
  }

  async #test(watched: Watched): Promise<void> {
    const { zone, listed, unlisted } = watched.list
    watched.testedAt = this.#now()
    const ask = (entry: string) => this.#uncached.query('A', `${entry}.${zone}`)
    const [present, absent] = await Promise.all([ask(listed), ask(unlisted)])
    const fault = faultOf(present, absent, watched.list)
    if (fault !== undefined) return this.#become(watched, 'suspended', fault)
    const silent = [present, absent].find(({ status }) => status === 'temperror')
    if (!silent) {
      watched.passedAt = this.#now()
      return this.#become(watched, 'working')
    }
    // Silence proves nothing: a suspended list stays suspended, any other is asked on.
    if (watched.news.state === 'suspended') return
    this.#become(watched, 'silent', silent.error?.replaceAll(zone, watched.news.zone) ?? 'no answer')
  }

  /** A list that refuses to answer, or answers nonsense. */
  #notice(watched: Watched, name: string, answer: DnsAnswer<unknown>): void {
    const fault = refusal(answer, watched.list)
    if (fault === undefined) return
    // Strangers make us ask for any name they like, in HELO and in MAIL: only what is asked of a list may suspend it.
    if (isAboutAddresses(watched.list)) {
      if (addressEntry.test(name.slice(0, -watched.suffix.length))) this.#become(watched, 'suspended', fault)
      return
    }
    // Of a list of domains nothing is asked that a stranger has not chosen: it is its own test that may suspend it.
    if (this.#now() - watched.testedAt >= minuteMs) void this.#test(watched)
  }

  #isProven({ news, passedAt }: Watched): boolean {
    return news.state === 'working' && this.#now() - passedAt < proofMs
  }

  #become(watched: Watched, state: ListNews['state'], why?: string): void {
    if (watched.news.state === state) return
    watched.news = { zone: watched.news.zone, state, ...(why !== undefined && { why }) }
    this.#report(watched.news)
  }
}

function newlyWatched(list: List): Watched {
  const never = Number.NEGATIVE_INFINITY
  const news: ListNews = { zone: publicZone(list.zone), state: 'working' }
  return { list, suffix: `.${list.zone}`, news, testedAt: never, passedAt: never }
}

function isAboutAddresses({ listed }: List): boolean {
  return addressEntry.test(listed)
}

/** What a list's answers about its two test entries prove against it. */
function faultOf(present: DnsAnswer<string>, absent: DnsAnswer<string>, list: List): string | undefined {
  const refused = refusal(present, list) ?? refusal(absent, list)
  if (refused !== undefined) return refused
  if (absent.status === 'found') return 'it lists what must not be listed: perhaps the whole world'
  const isEmpty = present.status === 'nxdomain' || present.status === 'nodata'
  // A list that does not answer at all for the other entry may be down, and its "no such name" a stale one.
  return isEmpty && absent.status !== 'temperror' ? 'it does not list its own test entry: it seems to be empty' : undefined
}

function refusal(answer: DnsAnswer<unknown>, { refusals }: List): string | undefined {
  return answer.records.map(record => refusalToAnswer(String(record), refusals)).find(reason => reason !== undefined)
}
