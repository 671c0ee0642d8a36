import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { readAnswer, temperror } from './dns-answer.ts'
import { countAnswer, type DnsCounters, newDnsCounters } from './dns-counters.ts'
import { lowerCase } from './dns-name.ts'
import { parseServer, type Server } from './dns-server.ts'
import { Upstream } from './dns-upstream.ts'
import { Waits } from './dns-waits.ts'
import { encodeQuery, typeNumbers } from './dns-wire.ts'

/** Whom to ask, and how far to trust them. */
export interface ResolverOptions {
  /** `127.0.0.1:53`, `[::1]:53`, or an address alone; asked in this order. */
  readonly servers: readonly string[]
  /** How long one server may take, by UDP and again by TCP; 2000 unless told. */
  readonly timeoutMs?: number
  /** Believe servers that are not on this machine when they say that an answer is secure. */
  readonly trustAd?: boolean
  readonly counters?: DnsCounters
}

/** Questions beyond are not asked: what a flood of mail may have us keep in mind has an end. */
const mostInFlight = 10_000

/** A stub resolver (RFC 1034, 5.3.1): asks recursive servers, believes only what it asked for, and never throws. */
export class Resolver implements Dns {
  readonly counters: DnsCounters
  readonly #upstreams: readonly Upstream[]
  readonly #trustAd: boolean

  constructor({ servers, timeoutMs = 2000, trustAd = false, counters = newDnsCounters() }: ResolverOptions) {
    if (servers.length === 0) throw new TypeError('a resolver needs at least one server')
    const waits = new Waits(timeoutMs / 2)
    this.counters = counters
    this.#upstreams = servers.map(text => new Upstream({ server: expectServer(text), timeoutMs, waits, counters }))
    this.#trustAd = trustAd
  }

  async query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const query = encodeQuery(name, typeNumbers[type])
    if (!query) return { status: 'nxdomain', records: [], ttlSeconds: 0, secure: false, error: 'no such name can exist' }
    const { counters } = this
    if (counters.inFlight >= mostInFlight) return temperror('too many questions at a time')
    const started = performance.now()
    counters.questions += 1
    counters.inFlight += 1
    try {
      const answer = await this.#ask(query, { type, name: lowerCase(name.endsWith('.') ? name.slice(0, -1) : name) }, signal)
      countAnswer(counters, answer.status, performance.now() - started)
      return answer
    } finally {
      counters.inFlight -= 1
    }
  }

  async #ask<T extends DnsType>(
    query: Buffer,
    question: { readonly type: T; readonly name: string },
    signal?: AbortSignal,
  ): Promise<DnsAnswer<DnsRecords[T]>> {
    const errors: string[] = []
    for (const upstream of this.#inOrder()) {
      if (signal?.aborted) return temperror('aborted')
      const outcome = await upstream.ask(query)
      const { loopback, text } = upstream.server
      // STANDARDS TLS-06
      const trustAd = this.#trustAd || loopback
      const answer =
        outcome.status === 'replied' ? readAnswer(outcome.packet, { ...question, trustAd }) : temperror(outcome.error)
      if (answer.status !== 'temperror') return answer
      errors.push(`${text}: ${answer.error}`)
    }
    return temperror(errors.join('; '))
  }

  #inOrder(): readonly Upstream[] {
    const now = performance.now()
    if (!this.#upstreams.some(upstream => upstream.isResting(now))) return this.#upstreams
    return this.#upstreams.toSorted((a, b) => Number(a.isResting(now)) - Number(b.isResting(now)))
  }
}

function expectServer(text: string): Server {
  const server = parseServer(text)
  if (!server) throw new TypeError(`expected a name server like 127.0.0.1:53 or [::1]:53, found "${text}"`)
  return server
}
