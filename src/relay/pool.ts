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

/** Told of each connection that was opened, or why it could not be: also when it is then tried in clear. */
export type Opened = (link: Link | Trouble) => void

interface Acquisition {
  readonly fresh: boolean
  readonly onOpened?: Opened | undefined
}

/** The connections to one next hop, in use and idle. */
export class Pool {
  readonly #hop: NextHop
  /** The one that was used last comes last. */
  readonly #idle: Idle[] = []
  #sweeper: NodeJS.Timeout | undefined
  readonly #waiting: (() => void)[] = []
  /** How many are open, or being opened. */
  #count = 0
  #inClearUntil = 0
  #isClosed = false

  constructor(hop: NextHop) {
    this.#hop = hop
  }

  /** Its connections at this moment. */
  get counts(): PoolCounts {
    return { open: this.#count, idle: this.#idle.length, waiting: this.#waiting.length }
  }

  /** A connection for a transaction of this client: one that is idle, unless it shall be a fresh one. */
  async acquire(session: Session, { fresh, onOpened }: Acquisition): Promise<Link | Trouble> {
    const deadline = performance.now() + this.#hop.timeouts.waitMs
    for (;;) {
      const idle = fresh ? undefined : this.#idleFor(session)
      if (idle) return this.#use(idle)
      // Rather the room of an idle connection than waiting for one in use.
      if (this.#count >= this.#hop.maxConnections) this.#idle[0]?.link.connection.quit()
      if (this.#count < this.#hop.maxConnections) return this.#connect(session, onOpened)
      if (!(await this.#freed(deadline))) return { trouble: 'busy', detail: `all ${this.#count} connections are in use` }
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
    this.closeIdle()
  }

  /** Takes leave of the connections that nobody uses. */
  closeIdle(): void {
    for (const { link } of [...this.#idle]) link.connection.quit()
  }

  #mayUseAgain(link: Link): boolean {
    const uses = Math.min(poolLimits.uses, link.extensions.mailMax ?? poolLimits.uses)
    // A connection that began with the PROXY header of one client can never be another's.
    return link.isOpen && !this.#isClosed && this.#hop.identity !== 'proxy' && link.uses < uses
  }

  /** The connection that was used last, rather than one that will be closed soon; best one on which the client is known already. */
  #idleFor(session: Session): Link | undefined {
    if (this.#hop.identity !== 'xclient') return this.#idle.at(-1)?.link
    const links = this.#idle.map(({ link }) => link).filter(link => link.canServe(session))
    return links.findLast(link => link.isKnownAs(session)) ?? links.at(-1)
  }

  #park(link: Link): void {
    if (!this.#mayUseAgain(link)) {
      link.connection.quit()
      return
    }
    link.connection.rest()
    this.#idle.push({ link, since: performance.now() })
    this.#sweeper ??= setTimeout(() => this.#sweep(), poolLimits.idleMs).unref()
    this.#waiting.shift()?.()
  }

  /** Takes leave of the connections that have waited long enough. */
  #sweep(): void {
    this.#sweeper = undefined
    const now = performance.now()
    for (const { link, since } of [...this.#idle]) if (now - since >= poolLimits.idleMs) link.connection.quit()
    const [oldest] = this.#idle
    if (oldest) this.#sweeper = setTimeout(() => this.#sweep(), poolLimits.idleMs - (now - oldest.since)).unref()
  }

  #use(link: Link): Link {
    this.#unpark(link)
    link.connection.resume()
    return link
  }

  #unpark(link: Link): void {
    const at = this.#idle.findLastIndex(idle => idle.link === link)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  async #connect(session: Session, onOpened: Opened | undefined): Promise<Link | Trouble> {
    this.#count++
    const started = performance.now()
    const link = await this.#openLink(session, onOpened)
    this.#hop.meter?.connected(this.#hop.name, performance.now() - started, isTrouble(link) ? link.trouble : undefined)
    if (isTrouble(link)) this.#forget()
    else link.connection.onEnd = () => this.#forget(link)
    return link
  }

  async #openLink(session: Session, onOpened: Opened | undefined): Promise<Link | Trouble> {
    const inClear = performance.now() < this.#inClearUntil
    const link = await openLink(this.#hop, { inClear, session })
    onOpened?.(link)
    if (inClear || this.#hop.tls !== 'opportunistic' || !isTrouble(link) || link.trouble !== 'tls') return link
    this.#inClearUntil = performance.now() + poolLimits.inClearMs
    return openLink(this.#hop, { inClear: true, session })
  }

  #forget(link?: Link): void {
    if (link) this.#unpark(link)
    this.#count--
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

/** A connection that waits for its next transaction, since when by `performance.now()`. */
interface Idle {
  readonly link: Link
  readonly since: number
}
