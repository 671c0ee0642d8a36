import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { inSeconds } from './distribution.ts'
import { across, counter, gauge, histogram } from './family.ts'
import type { Page } from './page.ts'
import { Counts } from './series.ts'

export const dns = {
  answers: counter('postern_dns_answers_total', 'Answers of the name servers, by what they were.', 'answer'),
  timeouts: counter('postern_dns_timeouts_total', 'Questions that no name server answered in time.'),
  inFlight: gauge('postern_dns_in_flight', 'Questions on their way.'),
  seconds: histogram('postern_dns_seconds', 'How long the name servers took to answer, or we to give up.'),
  questions: counter('postern_dns_questions_total', 'Questions that were asked of the name servers.'),
  hits: counter('postern_dns_cache_hits_total', 'Questions that were answered from memory.'),
  stale: counter('postern_dns_stale_answers_total', 'Questions answered by an expired answer because there was no better one.'),
  degraded: across('max', gauge('postern_dns_degraded', '1 while so many questions fail that nobody is refused for an answer.')),
  usable: across(
    'min',
    gauge('postern_list_usable', '0 while a blocklist is not asked because it failed its test, else 1.', 'zone'),
  ),
} as const

/** What the memory of answers has been asked. */
export interface CacheCounts {
  readonly questions: number
  readonly hits: number
  readonly stale: number
}

/** Questions to the DNS, counted and timed. */
export class DnsCounts {
  readonly #answers = new Counts('found', 'nodata', 'nxdomain', 'temperror')
  readonly #seconds = inSeconds()
  #inFlight = 0
  #timeouts = 0
  /** Of the memories that were in use before the present one. */
  #former: CacheCounts = { questions: 0, hits: 0, stale: 0 }
  #cache: (() => CacheCounts) | undefined

  /** The same DNS, which counts here what it is asked. */
  around(inner: Dns): Dns {
    return { query: (type, name, signal) => this.#query(inner, type, name, signal) }
  }

  /** Another memory is in use. */
  follow(cache: () => CacheCounts): void {
    this.#former = this.#total
    this.#cache = cache
  }

  writeTo(page: Page): void {
    const { questions, hits, stale } = this.#total
    page.set(dns.questions, questions)
    page.set(dns.hits, hits)
    page.set(dns.stale, stale)
    page.counts(dns.answers, this.#answers)
    page.set(dns.timeouts, this.#timeouts)
    page.set(dns.inFlight, this.#inFlight)
    page.distribution(dns.seconds, this.#seconds)
  }

  get #total(): CacheCounts {
    const now = this.#cache?.() ?? { questions: 0, hits: 0, stale: 0 }
    const sum = (key: keyof CacheCounts) => this.#former[key] + now[key]
    return { questions: sum('questions'), hits: sum('hits'), stale: sum('stale') }
  }

  async #query<T extends DnsType>(inner: Dns, type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const started = performance.now()
    this.#inFlight++
    try {
      const answer = await inner.query(type, name, signal)
      this.#answers.add(answer.status)
      if (answer.error?.includes('no answer within')) this.#timeouts++
      return answer
    } finally {
      this.#inFlight--
      this.#seconds.add((performance.now() - started) / 1000)
    }
  }
}
