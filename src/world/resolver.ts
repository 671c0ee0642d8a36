import { randomInt } from 'node:crypto'
import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { readAnswer, temperror } from './dns-answer.ts'
import { encodeName, lowerCase } from './dns-name.ts'
import { parseServer, type Server } from './dns-server.ts'
import { askByTcp, askByUdp, type Outcome } from './dns-transport.ts'
import { answersQuery, encodeQuery, encodeQuestion, isTruncated, typeNumbers } from './dns-wire.ts'

/** Whom to ask, and how far to trust them. */
export interface ResolverOptions {
  /** `127.0.0.1:53`, `[::1]:53`, or an address alone; asked in this order. */
  readonly servers: readonly string[]
  /** How long one server may take; 2000 unless told. */
  readonly timeoutMs?: number
  /** Believe servers that are not on this machine when they say that an answer is secure. */
  readonly trustAd?: boolean
}

/** How long a server that kept silent is asked after the others. */
const restMs = 30_000

interface Upstream {
  readonly server: Server
  restsUntil: number
}

interface Question<T extends DnsType> {
  readonly type: T
  readonly name: string
  /** The question section. */
  readonly wire: Buffer
}

/** A stub resolver (RFC 1034, 5.3.1): asks recursive servers, believes only what it asked for, and never throws. */
export class Resolver implements Dns {
  readonly #upstreams: readonly Upstream[]
  readonly #timeoutMs: number
  readonly #trustAd: boolean

  constructor({ servers, timeoutMs = 2000, trustAd = false }: ResolverOptions) {
    if (servers.length === 0) throw new TypeError('a resolver needs at least one server')
    this.#upstreams = servers.map(text => ({ server: expectServer(text), restsUntil: 0 }))
    this.#timeoutMs = timeoutMs
    this.#trustAd = trustAd
  }

  async query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const encoded = encodeName(name)
    if (!encoded) return { status: 'nxdomain', records: [], ttlSeconds: 0, secure: false, error: 'no such name can exist' }
    const wire = encodeQuestion(encoded, typeNumbers[type])
    const question = { type, name: lowerCase(name.replace(/\.$/, '')), wire }
    const errors: string[] = []
    for (const upstream of this.#inOrder()) {
      if (signal?.aborted) return temperror('aborted')
      const answer = await this.#ask(upstream, question, signal)
      if (answer.status !== 'temperror') return answer
      errors.push(`${upstream.server.text}: ${answer.error}`)
    }
    return temperror(signal?.aborted ? 'aborted' : errors.join('; '))
  }

  /** Servers that have just kept silent come last, so that a dead one costs its time-out once and not for each question. */
  #inOrder(): Upstream[] {
    const now = performance.now()
    return this.#upstreams.toSorted((a, b) => Number(a.restsUntil > now) - Number(b.restsUntil > now))
  }

  async #ask<T extends DnsType>(
    upstream: Upstream,
    question: Question<T>,
    signal?: AbortSignal,
  ): Promise<DnsAnswer<DnsRecords[T]>> {
    const { server } = upstream
    const outcome = await this.#exchange(server, question.wire, signal)
    if (outcome.status === 'silent' || outcome.status === 'failed') upstream.restsUntil = performance.now() + restMs
    if (outcome.status !== 'replied') return temperror(outcome.error)
    upstream.restsUntil = 0
    // STANDARDS TLS-06
    return readAnswer(outcome.packet, { ...question, trustAd: this.#trustAd || server.loopback })
  }

  async #exchange(server: Server, question: Buffer, signal?: AbortSignal): Promise<Outcome> {
    const query = encodeQuery(randomInt(0x10000), question)
    const isReply = (packet: Buffer) => answersQuery(packet, query)
    const exchange = { server, query, isReply, timeoutMs: this.#timeoutMs, signal }
    const byUdp = await askByUdp(exchange)
    if (byUdp.status !== 'replied' || !isTruncated(byUdp.packet) || signal?.aborted) return byUdp
    return askByTcp(exchange)
  }
}

function expectServer(text: string): Server {
  const server = parseServer(text)
  if (!server) throw new TypeError(`expected a name server like 127.0.0.1:53 or [::1]:53, found "${text}"`)
  return server
}
