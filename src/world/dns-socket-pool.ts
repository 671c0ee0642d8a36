import { randomInt } from 'node:crypto'
import { type Asking, DnsSocket } from './dns-socket.ts'

/**
 * So many ports are open at once under load: a question goes out by one of them at random (RFC 5452, 9.2). A gateway that asks
 * little opens one for nearly each question.
 */
const poolSize = 32
const sweepEveryMs = 10_000

/** The sockets by which one server is asked. Those that are not needed are closed. */
export class DnsSocketPool {
  readonly #asking: Asking
  readonly #sockets = new Map<number, DnsSocket>()
  #sweeper: NodeJS.Timeout | undefined

  constructor(asking: Asking) {
    this.#asking = asking
  }

  /** The socket for the next question. */
  draw(): DnsSocket {
    const place = randomInt(poolSize)
    const socket = this.#sockets.get(place)
    if (socket && !socket.isWorn) return socket
    socket?.retire()
    const fresh = new DnsSocket(this.#asking)
    this.#sockets.set(place, fresh)
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs).unref()
    return fresh
  }

  #sweep(): void {
    for (const [place, socket] of this.#sockets) {
      if (!socket.isWorn) continue
      socket.retire()
      this.#sockets.delete(place)
    }
    if (this.#sockets.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}
