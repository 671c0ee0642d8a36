import type { DnsAnswer } from '../engine/dns.ts'

/** What has been asked and how it went, in plain numbers that only grow, but for `inFlight` and `entries`. */
export interface DnsCounters {
  /** Asked of the name servers. */
  questions: number
  /** What has come of these questions. */
  readonly answers: Record<DnsAnswer<unknown>['status'], number>
  /** How often a server has kept silent. */
  timeouts: number
  /** Asked over TCP, after UDP would not do. */
  tcp: number
  /** Packets from a server, or from somebody who pretends to be it, that answer no question of ours. */
  mismatches: number
  /** On their way now. */
  inFlight: number
  /** How many answers took up to so long: one number for each of `latencyBoundsMs`, and one for those that took longer. */
  readonly latencies: number[]
  /** The same bounds, for those who show it. */
  readonly boundsMs: readonly number[]
  /** How long all answers have taken together, in milliseconds. */
  latencyMs: number
  /** Answered from memory, or together with the same question of somebody else. */
  cacheHits: number
  /** Not in memory, or too old. */
  cacheMisses: number
  /** Expired answers that serve on for a while, because the name servers could not find out. */
  stale: number
  /** In memory now. */
  entries: number
}

/** The upper bounds of `latencies`, in milliseconds. */
export const latencyBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const

export function newDnsCounters(): DnsCounters {
  return {
    questions: 0,
    answers: { found: 0, nodata: 0, nxdomain: 0, temperror: 0 },
    timeouts: 0,
    tcp: 0,
    mismatches: 0,
    inFlight: 0,
    boundsMs: latencyBoundsMs,
    latencies: new Array(latencyBoundsMs.length + 1).fill(0),
    latencyMs: 0,
    cacheHits: 0,
    cacheMisses: 0,
    stale: 0,
    entries: 0,
  }
}

/** Counts an answer of the name servers. */
export function countAnswer(counters: DnsCounters, status: DnsAnswer<unknown>['status'], ms: number): void {
  counters.answers[status] += 1
  counters.latencyMs += ms
  let at = 0
  while (at < latencyBoundsMs.length && ms > (latencyBoundsMs[at] ?? 0)) at += 1
  counters.latencies[at] = (counters.latencies[at] ?? 0) + 1
}
