import { tmpdir } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { Gateway } from '../engine/gateway.ts'
import { partOf, type Store } from '../engine/store.ts'
import { type Network, parseNetwork } from '../mail/network.ts'
import { EdgeCounts } from '../metrics/edge.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { Door } from './door.ts'
import { StandingReplies } from './ehlo.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { ConnectionCounts, ListenerOptions } from './listener.ts'
import type { Logger } from './logger.ts'
import { Certificate, type CertificateFiles } from './tls.ts'

export interface SmtpServerOptions {
  /** The name we greet with. */
  readonly hostname: string
  readonly listeners: readonly ListenerOptions[]
  readonly tls?: CertificateFiles
  /** Asked for each connection: a reload is another gateway, and sessions that run keep theirs. */
  readonly gateway: () => Gateway
  readonly store: Store
  readonly log: Logger
  /** Where they differ from the defaults. */
  readonly limits?: Partial<Limits>
  /** Clients that the limits on connections are not for: by default this machine. Those who may use XCLIENT always belong to them. */
  readonly exempt?: readonly Network[]
  /** Whether every next hop takes addresses in UTF-8 (RFC 6531). */
  readonly smtputf8?: boolean
  /** Where messages wait that are too large for memory. */
  readonly spoolDirectory?: string
  /** The key of the session tickets (RFC 5077), in 48 bytes; without it, one of our own. */
  readonly ticketKeys?: Buffer
  /** How often we look whether the certificate has changed. */
  readonly certificateCheckMs?: number
}

/** Where we listen, as it turned out. */
interface ListeningAddress {
  readonly address: string
  readonly port: number
  readonly as: 'mx' | 'submission'
}

/** The running edge of the gateway. */
export interface SmtpServer {
  /** In the order of the listeners. */
  readonly addresses: readonly ListeningAddress[]
  readonly counts: Readonly<ConnectionCounts>
  /** What has happened at each listener. */
  readonly seen: readonly EdgeCounts[]
  /** The limits that this server may share with others. */
  readonly admissions: ConnectionLimits
  /** Seals session tickets with another key; those that were sealed with the former one are no longer taken. */
  useTicketKeys(keys: Buffer): void
  /** Reads the certificate again, if its files have changed. */
  reloadCertificate(): Promise<void>
  /** Accepts no more, and lets sessions go on until they end by themselves or the time is up. */
  retire(timeoutMs: number): Promise<void>
  /** Accepts no more, lets messages that are coming in be finished, and ends all else with 421; after the time is up, everything. */
  drain(timeoutMs: number): Promise<void>
  /** Ends everything now. */
  close(): Promise<void>
}

const loopback = [parseNetwork('127.0.0.0/8'), parseNetwork('::1')].filter(network => network !== undefined)

/** Starts to listen for mail. Rejects when an address cannot be had or the certificate cannot be used. */
export async function openSmtpServer(options: SmtpServerOptions): Promise<SmtpServer> {
  const { tls, log, ticketKeys, certificateCheckMs: checkMs } = options
  const certificate =
    tls && (await Certificate.open(tls, { log, ...(ticketKeys && { ticketKeys }), ...(checkMs !== undefined && { checkMs }) }))
  const server = new RunningServer(options, certificate)
  try {
    await server.open()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

class RunningServer implements SmtpServer {
  readonly addresses: ListeningAddress[] = []
  readonly counts: ConnectionCounts = { accepted: 0, open: 0, refused: 0, left: 0, talkedEarly: 0 }
  readonly seen: EdgeCounts[] = []
  readonly #options: SmtpServerOptions
  readonly #limits: Limits
  readonly admissions: ConnectionLimits
  readonly #certificate: Certificate | undefined
  readonly #doors: Door[] = []
  /** To be called when the last connection is gone. */
  readonly #waiting: (() => void)[] = []

  constructor(options: SmtpServerOptions, certificate: Certificate | undefined) {
    this.#options = options
    this.#certificate = certificate
    this.#limits = { ...defaultLimits, ...options.limits }
    const proxies = options.listeners.flatMap(listener => listener.xclient ?? [])
    this.admissions = new ConnectionLimits(this.#limits, [...(options.exempt ?? loopback), ...proxies])
  }

  async open(): Promise<void> {
    for (const listener of this.#options.listeners) {
      const { address, as } = listener
      const counts = new EdgeCounts()
      const door = this.#door(listener, counts)
      this.#doors.push(door)
      const port = await door.open()
      counts.listener = `${address.includes(':') ? `[${address}]` : address}:${port}`
      this.seen.push(counts)
      this.addresses.push({ address, port, as })
    }
  }

  useTicketKeys(keys: Buffer): void {
    this.#certificate?.useTicketKeys(keys)
  }

  async reloadCertificate(): Promise<void> {
    await this.#certificate?.check()
  }

  async retire(timeoutMs: number): Promise<void> {
    const empty = this.#empty()
    for (const door of this.#doors) door.close()
    await Promise.race([empty, wait(timeoutMs, undefined, { ref: false })])
  }

  async drain(timeoutMs: number): Promise<void> {
    const empty = this.#empty()
    for (const door of this.#doors) door.drain()
    await Promise.race([empty, wait(timeoutMs, undefined, { ref: false })])
    await this.close()
  }

  async close(): Promise<void> {
    const empty = this.#empty()
    this.#certificate?.close()
    for (const door of this.#doors) door.cut()
    await empty
  }

  /** When the last connection is gone. */
  #empty(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.counts.open === 0) resolve()
    else this.#waiting.push(resolve)
    return promise
  }

  #door(listener: ListenerOptions, seen: EdgeCounts): Door {
    const { hostname, smtputf8 = true, spoolDirectory = tmpdir(), store, log, gateway } = this.#options
    const [limits, certificate] = [this.#limits, this.#certificate]
    const admissions = this.admissions
    return new Door(listener, {
      hostname,
      edge: {
        standing: new StandingReplies({ hostname, smtputf8, limits }),
        as: listener.as,
        limits,
        smtputf8,
        offersTls: certificate !== undefined,
        spoolDirectory,
        log,
        counts: seen,
      },
      certificate,
      gateway,
      reception: {
        limits,
        admissions,
        proxies: listener.proxyProtocol ?? [],
        xclient: listener.xclient ?? [],
        store: partOf(store, 'greeted'),
        log,
      },
      counts: this.counts,
      onEmpty: () => {
        for (const resolve of this.#waiting.splice(0)) resolve()
      },
    })
  }
}
