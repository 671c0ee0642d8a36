import { LRUCache } from 'lru-cache'
import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { temperror } from './dns-answer.ts'
import { lowerCase } from './dns-name.ts'

/** How answers are remembered. */
export interface CacheOptions {
  /** Off for test suites whose zones change. */
  readonly cache?: boolean
  /** The time in milliseconds; only differences matter. */
  readonly now?: () => number
}

/** What has been asked, and where the answers came from. */
interface DnsStats {
  /** Asked of the name servers. */
  questions: number
  /** Answered from memory, or together with the same question of somebody else. */
  hits: number
  /** Expired answers that serve on for a while, because the name servers could not find out. */
  stale: number
  /** What the name servers could not find out. */
  temperrors: number
}

/** A memory for answers in front of the name servers. */
export interface CachedDns extends Dns {
  stats(): Readonly<DnsStats>
}

const second = 1000
const limits = {
  entries: 50_000,
  characters: 64 * 1024 * 1024,
  shortest: 60 * second,
  longest: 3600 * second,
  negative: 300 * second,
  // RFC 8767, 5: how long expired answers may still serve, and how long they do before the servers are asked again.
  stale: 24 * 3600 * second,
  recheck: 30 * second,
  temperror: 5 * second,
} as const

type Answer = DnsAnswer<DnsRecords[DnsType]>

interface Entry {
  readonly answer: Promise<Answer>
  /** Roughly the memory that it takes, in characters. */
  readonly size: number
  /** Until then the answer is given without asking; `pending` while the question is on its way. */
  readonly freshUntil: number
  /** Until then the answer is better than none. Zero for an answer that is none. */
  readonly staleUntil: number
}

const pending = Number.POSITIVE_INFINITY

/** Answers what was asked before from memory: each question is on the wire once, however many wait for it. */
export function cached(dns: Dns, { cache = true, now = performance.now.bind(performance) }: CacheOptions = {}): CachedDns {
  return cache ? new DnsCache(dns, now) : new DnsCounter(dns)
}

class DnsCache implements CachedDns {
  readonly #dns: CachedDns
  readonly #now: () => number
  // Anybody can make us ask for TXT records of 64 KiB: entries alone would not bound the memory.
  readonly #entries = new LRUCache<string, Entry>({
    max: limits.entries,
    maxSize: limits.characters,
    sizeCalculation: entry => entry.size,
  })
  #hits = 0
  #stale = 0

  constructor(dns: Dns, now: () => number) {
    this.#dns = new DnsCounter(dns)
    this.#now = now
  }

  query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const key = `${type} ${lowerCase(name)}`
    const entry = this.#entries.get(key)
    const fresh = entry !== undefined && this.#now() < entry.freshUntil
    if (fresh) this.#hits += 1
    const answer = fresh ? entry.answer : this.#ask(key, { type, name, old: entry })
    const known = fresh && entry.freshUntil !== pending
    // The key begins with the type, so the records below it are of that type.
    return (signal && !known ? unlessAborted(answer, signal) : answer) as Promise<DnsAnswer<DnsRecords[T]>>
  }

  stats(): DnsStats {
    return { ...this.#dns.stats(), hits: this.#hits, stale: this.#stale }
  }

  /** No asker's signal goes along: others may wait for the same answer, and the resolver has deadlines of its own. */
  #ask(key: string, { type, name, old }: { type: DnsType; name: string; old: Entry | undefined }): Promise<Answer> {
    const keep = (found: Answer) => {
      const entry = this.#judge(found, old)
      this.#entries.set(key, entry)
      return entry.answer
    }
    const forget = (error: unknown) => {
      this.#entries.delete(key)
      throw error
    }
    const answer = this.#dns.query(type, name).then(keep, forget)
    this.#entries.set(key, { answer, size: key.length, freshUntil: pending, staleUntil: 0 })
    return answer
  }

  #judge(found: Answer, old: Entry | undefined): Entry {
    const now = this.#now()
    const entry = { answer: Promise.resolve(found), size: sizeOf(found) }
    if (found.status !== 'temperror') {
      const freshUntil = now + lifetime(found)
      return { ...entry, freshUntil, staleUntil: freshUntil + limits.stale }
    }
    if (!old || now >= old.staleUntil) return { ...entry, freshUntil: now + limits.temperror, staleUntil: 0 }
    this.#stale += 1
    return { ...old, freshUntil: now + limits.recheck }
  }
}

/** Only counts what the name servers are asked. */
class DnsCounter implements CachedDns {
  readonly #dns: Dns
  readonly #stats: DnsStats = { questions: 0, hits: 0, stale: 0, temperrors: 0 }

  constructor(dns: Dns) {
    this.#dns = dns
  }

  async query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    this.#stats.questions += 1
    const answer = await this.#dns.query(type, name, signal)
    if (answer.status === 'temperror') this.#stats.temperrors += 1
    return answer
  }

  stats(): DnsStats {
    return { ...this.#stats }
  }
}

function lifetime({ status, ttlSeconds }: Answer): number {
  const ttl = Math.max(limits.shortest, ttlSeconds * second)
  return Math.min(ttl, status === 'found' ? limits.longest : limits.negative)
}

function sizeOf(answer: Answer): number {
  return answer.records.reduce((sum, record) => sum + 50 + (typeof record === 'string' ? record : record.exchange).length, 200)
}

/** This asker's answer: the abort of one is nothing to the others that wait for the same. */
function unlessAborted(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  if (signal.aborted) return Promise.resolve(temperror('aborted'))
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const abort = () => resolve(temperror('aborted'))
  signal.addEventListener('abort', abort)
  answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  return promise
}
