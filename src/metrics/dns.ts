import { across, counter, gauge, histogram } from './family.ts'
import type { Page } from './page.ts'

export const dns = {
  answers: counter('postern_dns_answers_total', 'Answers of the name servers, by what they were.', 'answer'),
  timeouts: counter('postern_dns_timeouts_total', 'Questions that no name server answered in time.'),
  inFlight: gauge('postern_dns_in_flight', 'Questions on their way.'),
  seconds: histogram('postern_dns_seconds', 'How long the name servers took to answer, or we to give up.'),
  questions: counter('postern_dns_questions_total', 'Questions that were asked of the name servers.'),
  hits: counter('postern_dns_cache_hits_total', 'Questions that were answered from memory.'),
  misses: counter('postern_dns_cache_misses_total', 'Questions for which there was no answer in memory.'),
  entries: gauge('postern_dns_cache_entries', 'Answers in memory.'),
  tcp: counter('postern_dns_tcp_total', 'Questions that were asked over TCP, after UDP would not do.'),
  mismatches: counter(
    'postern_dns_mismatches_total',
    'Packets from a name server, or from somebody who pretends to be one, that answer no question.',
  ),
  stale: counter('postern_dns_stale_answers_total', 'Questions answered by an expired answer because there was no better one.'),
  degraded: across('max', gauge('postern_dns_degraded', '1 while so many questions fail that nobody is refused for an answer.')),
  usable: across(
    'min',
    gauge('postern_list_usable', '0 while a blocklist is not asked because it failed its test, else 1.', 'zone'),
  ),
} as const

/** What the resolver and its memory of answers count, in plain numbers that outlive reloads. */
export interface DnsCounters {
  readonly questions: number
  readonly answers: Readonly<Record<string, number>>
  readonly timeouts: number
  readonly tcp: number
  readonly mismatches: number
  readonly inFlight: number
  readonly latencies: readonly number[]
  /** The upper bounds of `latencies`. */
  readonly boundsMs: readonly number[]
  readonly latencyMs: number
  readonly cacheHits: number
  readonly cacheMisses: number
  readonly stale: number
  readonly entries: number
}

export function writeDns(page: Page, counters: DnsCounters): void {
  page.set(dns.questions, counters.questions)
  page.set(dns.hits, counters.cacheHits)
  page.set(dns.misses, counters.cacheMisses)
  page.set(dns.stale, counters.stale)
  page.set(dns.entries, counters.entries)
  for (const [answer, count] of Object.entries(counters.answers)) page.set(dns.answers, count, answer)
  page.set(dns.timeouts, counters.timeouts)
  page.set(dns.tcp, counters.tcp)
  page.set(dns.mismatches, counters.mismatches)
  page.set(dns.inFlight, counters.inFlight)
  const bounds = counters.boundsMs.map(ms => ms / 1000)
  page.distribution(dns.seconds, { bounds, counts: counters.latencies, sum: counters.latencyMs / 1000 })
}
