import type { Session } from '../mail/session.ts'
import type { HopTransaction } from './hop-transaction.ts'
import type { Link } from './link.ts'
import type { NextHop } from './next-hop.ts'
import { openLink } from './open-link.ts'
import { isTrouble, type Trouble } from './server-reply.ts'

const poolLimits = {
  /** How long a connection waits for its next transaction. */
  idleMs: 10_000,
  /** After so many transactions it is closed, so that the load spreads again over what is behind the address. */
  uses: 100,
  /** How long a next hop with which no TLS handshake succeeds is spoken to in clear. */
  inClearMs: 3_600_000,
} as const

/** How many connections there are, idle ones included, and how many transactions wait for one. */
export interface PoolCounts {
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** The connections to one next hop, in use and idle. */
export class Pool {
  readonly #hop: NextHop
  readonly #idle = new Map<Link, NodeJS.Timeout>()
  readonly #waiting: (() => void)[] = []
  #open = 0
  #inClearUntil = 0
  #isClosed = false

  constructor(hop: NextHop) {
    this.#hop = hop
  }

  /** Its connections at this moment. */
  get counts(): PoolCounts {
    return { open: this.#open, idle: this.#idle.size, waiting: this.#waiting.length }
  }

  /** A connection for a transaction of this client: one that is idle, unless it shall be a fresh one. */
  async acquire(session: Session, { fresh }: { readonly fresh: boolean }): Promise<Link | Trouble> {
    const deadline = performance.now() + this.#hop.timeouts.waitMs
    for (;;) {
      const idle = fresh ? undefined : this.#idleFor(session)
      if (idle) return this.#use(idle)
      // Rather the room of an idle connection than waiting for one in use.
      if (this.#open >= this.#hop.maxConnections) this.#idle.keys().next().value?.connection.quit()
      if (this.#open < this.#hop.maxConnections) return this.#connect(session)
      if (!(await this.#freed(deadline))) return { trouble: 'busy', detail: `all ${this.#open} connections are in use` }
    }
  }

  /** Takes a connection back, at whatever point its transaction has come to. */
  release(transaction: HopTransaction): void {
    const { link } = transaction
    if (!transaction.isAmidst || !this.#mayUseAgain(link)) this.#park(link)
    else void transaction.abort().then(() => this.#park(link))
  }

  /** Keeps no connection from now on: those in use close when they come back, and a new one serves one transaction. */
  close(): void {
    this.#isClosed = true
    for (const link of this.#idle.keys()) link.connection.quit()
  }

  #mayUseAgain(link: Link): boolean {
    const uses = Math.min(poolLimits.uses, link.extensions.mailMax ?? poolLimits.uses)
    // A connection that began with the PROXY header of one client can never be another's.
    return link.isOpen && !this.#isClosed && this.#hop.identity !== 'proxy' && link.uses < uses
  }

  /** The connection that was used last, rather than one that will be closed soon; best one on which the client is known already. */
  #idleFor(session: Session): Link | undefined {
    const links = [...this.#idle.keys()].filter(link => link.canServe(session))
    return links.findLast(link => link.isKnownAs(session)) ?? links.at(-1)
  }

  #park(link: Link): void {
    if (!this.#mayUseAgain(link)) {
      link.connection.quit()
      return
    }
    link.connection.rest()
    const timer = setTimeout(() => link.connection.quit(), poolLimits.idleMs)
    timer.unref()
    this.#idle.set(link, timer)
    this.#waiting.shift()?.()
  }

  #use(link: Link): Link {
    clearTimeout(this.#idle.get(link))
    this.#idle.delete(link)
    link.connection.resume()
    return link
  }

  async #connect(session: Session): Promise<Link | Trouble> {
    this.#open++
    const started = performance.now()
    const link = await this.#openLink(session)
    this.#hop.meter?.connected(this.#hop.name, performance.now() - started, isTrouble(link) ? link.trouble : undefined)
    if (isTrouble(link)) this.#forget()
    else link.connection.onEnd = () => this.#forget(link)
    return link
  }

  async #openLink(session: Session): Promise<Link | Trouble> {
    const inClear = performance.now() < this.#inClearUntil
    const link = await openLink(this.#hop, { inClear, session })
    if (inClear || this.#hop.tls !== 'opportunistic' || !isTrouble(link) || link.trouble !== 'tls') return link
    this.#inClearUntil = performance.now() + poolLimits.inClearMs
    return openLink(this.#hop, { inClear: true, session })
  }

  #forget(link?: Link): void {
    if (link) clearTimeout(this.#idle.get(link))
    if (link) this.#idle.delete(link)
    this.#open--
    this.#waiting.shift()?.()
  }

  /** Whether a connection, or the room for one, has become free in time. */
  #freed(deadline: number): Promise<boolean> {
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(
        () => {
          this.#waiting.splice(this.#waiting.indexOf(wake), 1)
          resolve(false)
        },
        Math.max(0, deadline - performance.now()),
      )
      this.#waiting.push(wake)
    })
  }
}
