import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { DnsCounters } from './dns-counters.ts'
import type { Outcome, Settle } from './dns-outcome.ts'
import type { Server } from './dns-server.ts'
import type { Waiting, Waits } from './dns-waits.ts'
import { answersQuery } from './dns-wire.ts'

/** How one server is asked. */
export interface Asking {
  readonly server: Server
  readonly timeoutMs: number
  /** Each wait is half of the time-out. */
  readonly waits: Waits
  readonly counters: DnsCounters
}

/** The fewer questions a port sees, and the shorter it lives, the less it is worth to find out which one it is. */
const limits = { questions: 100, lifetimeMs: 10_000, strays: 10 } as const

/**
 * A UDP socket for some questions to one server, with a port that the system draws at random. Being connected, it takes
 * packets from the server only; of these only the answers count, by id and question (RFC 5452, 9.1). When others than answers
 * come in numbers, somebody is guessing ids: then the socket is given up, and its questions are better asked by TCP (9.3).
 */
export class DnsSocket {
  readonly #asking: Asking
  readonly #socket: Socket
  readonly #exchanges = new Map<number, Exchange>()
  readonly #endsAt = performance.now() + limits.lifetimeMs
  /** What is to be sent once the socket is connected. */
  #unsent: Buffer[] | undefined = []
  #asked = 0
  #strays = 0
  #state: 'open' | 'retired' | 'closed' = 'open'

  constructor(asking: Asking) {
    const { server } = asking
    this.#asking = asking
    this.#socket = createSocket(server.family === 4 ? 'udp4' : 'udp6')
    this.#socket.on('message', packet => this.#receive(packet))
    this.#socket.on('error', error => this.#end({ status: 'failed', error: error.message }))
    this.#socket.on('connect', () => {
      for (const query of this.#unsent ?? []) this.#socket.send(query)
      this.#unsent = undefined
    })
    this.#socket.connect(server.port, server.address)
    // Whoever waits for an answer keeps the process alive, not the socket.
    this.#socket.unref()
  }

  /** Whether it may be asked anything more. */
  get isWorn(): boolean {
    return this.#state !== 'open' || this.#asked >= limits.questions || performance.now() > this.#endsAt
  }

  /** Asks by a query, which gets an id. Halfway through its time it is sent once more. */
  ask(query: Buffer, settle: Settle): void {
    const id = this.#drawId()
    query.writeUInt16BE(id, 0)
    const exchange = new Exchange(this, { id, query, settle })
    this.#exchanges.set(id, exchange)
    this.#asked += 1
    this.#asking.waits.add(exchange)
    this.#send(query)
  }

  /** Closes it as soon as nothing waits for an answer. */
  retire(): void {
    if (this.#state === 'open') this.#state = 'retired'
    if (this.#exchanges.size === 0) this.#close()
  }

  /** Half of the time for an answer is over: the query is sent again, or given up. */
  halfOver(exchange: Exchange): void {
    // From now on one answer more than there are questions may come.
    this.#strays -= 1
    if (exchange.isAgain) {
      this.#asking.counters.timeouts += 1
      this.#settle(exchange, { status: 'silent', error: `no answer within ${this.#asking.timeoutMs} ms` })
    } else {
      exchange.isAgain = true
      this.#asking.waits.add(exchange)
      this.#send(exchange.query)
    }
  }

  #drawId(): number {
    let id = randomInt(0x10000)
    while (this.#exchanges.has(id)) id = randomInt(0x10000)
    return id
  }

  #send(query: Buffer): void {
    if (this.#unsent) this.#unsent.push(query)
    else this.#socket.send(query)
  }

  #receive(packet: Buffer): void {
    const exchange = packet.length < 2 ? undefined : this.#exchanges.get(packet.readUInt16BE(0))
    if (exchange && answersQuery(packet, exchange.query)) this.#settle(exchange, { status: 'replied', packet })
    else this.#passOver()
  }

  #passOver(): void {
    this.#asking.counters.mismatches += 1
    this.#strays += 1
    if (this.#strays > limits.strays) this.#end({ status: 'flooded', error: 'too many packets that are no answers' })
  }

  #settle(exchange: Exchange, outcome: Outcome): void {
    this.#exchanges.delete(exchange.id)
    this.#asking.waits.delete(exchange)
    exchange.settle(outcome)
    if (this.#state === 'retired' && this.#exchanges.size === 0) this.#close()
  }

  #end(outcome: Outcome): void {
    this.#close()
    for (const exchange of this.#exchanges.values()) this.#settle(exchange, outcome)
  }

  #close(): void {
    if (this.#state !== 'closed') this.#socket.close()
    this.#state = 'closed'
  }
}

interface Question {
  readonly id: number
  readonly query: Buffer
  readonly settle: Settle
}

/** A question that waits for its answer at a socket. */
class Exchange implements Waiting, Question {
  readonly id: number
  readonly query: Buffer
  readonly settle: Settle
  dueAt = 0
  /** Sent for the second time. */
  isAgain = false
  readonly #socket: DnsSocket

  constructor(socket: DnsSocket, { id, query, settle }: Question) {
    this.#socket = socket
    this.id = id
    this.query = query
    this.settle = settle
  }

  onDue(): void {
    this.#socket.halfOver(this)
  }
}
