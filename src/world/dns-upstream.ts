import type { Outcome } from './dns-outcome.ts'
import type { Asking } from './dns-socket.ts'
import { DnsSocketPool } from './dns-socket-pool.ts'
import { askByTcp } from './dns-tcp.ts'
import { isTruncated } from './dns-wire.ts'

/** How long a server that kept silent is asked after the others. */
const restMs = 30_000

/** A name server, and how it has behaved. */
export class Upstream {
  readonly #asking: Asking
  readonly #sockets: DnsSocketPool
  #restsUntil = 0

  constructor(asking: Asking) {
    this.#asking = asking
    this.#sockets = new DnsSocketPool(asking)
  }

  get server() {
    return this.#asking.server
  }

  /** Whether it has just kept silent: then the others come first, so that a dead one costs its time-out once and not for each question. */
  isResting(now: number): boolean {
    return this.#restsUntil > now
  }

  /** Asks by UDP, and by TCP what does not fit there or is not safe there. */
  async ask(query: Buffer): Promise<Outcome> {
    const byUdp = await new Promise<Outcome>(resolve => this.#sockets.draw().ask(query, resolve))
    const outcome = isForTcp(byUdp) ? await askByTcp(query, this.#asking) : byUdp
    this.#restsUntil = outcome.status === 'replied' ? 0 : performance.now() + restMs
    return outcome
  }
}

function isForTcp(outcome: Outcome): boolean {
  return outcome.status === 'flooded' || (outcome.status === 'replied' && isTruncated(outcome.packet))
}
