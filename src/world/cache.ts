import { LRUCache } from 'lru-cache'
import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { temperror } from './dns-answer.ts'
import { type DnsCounters, newDnsCounters } from './dns-counters.ts'
import { lowerCase } from './dns-name.ts'

/** How answers are remembered. */
export interface CacheOptions {
  /** Off for test suites whose zones change. */
  readonly cache?: boolean
  /** The time in milliseconds; only differences matter. */
  readonly now?: () => number
  readonly counters?: DnsCounters
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
export function cached(dns: Dns, { cache = true, ...options }: CacheOptions = {}): Dns {
  return cache ? new DnsCache(dns, options) : dns
}

class DnsCache implements Dns {
  readonly #dns: Dns
  readonly #now: () => number
  readonly #counters: DnsCounters
  // Anybody can make us ask for TXT records of 64 KiB: entries alone would not bound the memory.
  readonly #entries = new LRUCache<string, Entry>({
    max: limits.entries,
    maxSize: limits.characters,
    sizeCalculation: entry => entry.size,
  })

  constructor(dns: Dns, { now = performance.now.bind(performance), counters = newDnsCounters() }: CacheOptions) {
    this.#dns = dns
    this.#now = now
    this.#counters = counters
  }

  query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const key = `${type} ${lowerCase(name)}`
    const old = this.#entries.get(key)
    const known = old && this.#now() < old.freshUntil ? old.answer : undefined
    if (known) this.#counters.cacheHits += 1
    else this.#counters.cacheMisses += 1
    const answer = known ?? (signal?.aborted ? Promise.resolve(temperror('aborted')) : this.#ask(key, { type, name, old }))
    // The key begins with the type, so the records below it are of that type.
    return answer as Promise<DnsAnswer<DnsRecords[T]>>
  }

  /** No asker's signal goes along: others may wait for the same answer, and the resolver has deadlines of its own. */
  #ask(key: string, { type, name, old }: { type: DnsType; name: string; old: Entry | undefined }): Promise<Answer> {
    const keep = (found: Answer) => {
      const entry = this.#judge(found, old)
      this.#set(key, entry)
      return entry.answer
    }
    const forget = (error: unknown) => {
      this.#entries.delete(key)
      throw error
    }
    const answer = this.#dns.query(type, name).then(keep, forget)
    this.#set(key, { answer, size: key.length, freshUntil: pending, staleUntil: 0 })
    return answer
  }

  #set(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#counters.entries = this.#entries.size
  }

  #judge(found: Answer, old: Entry | undefined): Entry {
    const now = this.#now()
    const entry = { answer: Promise.resolve(found), size: sizeOf(found) }
    if (found.status !== 'temperror') {
      const freshUntil = now + lifetime(found)
      return { ...entry, freshUntil, staleUntil: freshUntil + limits.stale }
    }
    if (!old || now >= old.staleUntil) return { ...entry, freshUntil: now + limits.temperror, staleUntil: 0 }
    this.#counters.stale += 1
    return { ...old, freshUntil: now + limits.recheck }
  }
}

function lifetime({ status, ttlSeconds }: Answer): number {
  const ttl = Math.max(limits.shortest, ttlSeconds * second)
  return Math.min(ttl, status === 'found' ? limits.longest : limits.negative)
}

function sizeOf(answer: Answer): number {
  return answer.records.reduce((sum, record) => sum + 50 + textOf(record).length, 200)
}

function textOf(record: DnsRecords[DnsType]): string {
  if (typeof record === 'string') return record
  return 'exchange' in record ? record.exchange : record.data
}
