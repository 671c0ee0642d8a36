import { tmpdir } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { Gateway } from '../engine/gateway.ts'
import { partOf, type Store } from '../engine/store.ts'
import { type Network, parseNetwork } from '../mail/network.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { Door } from './door.ts'
import type { Edge } from './edge.ts'
import { StandingReplies } from './ehlo.ts'
import { Handshakes } from './handshakes.ts'
import { noLimitReached } from './limit-counts.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { ConnectionCounts, ListenerOptions } from './listener.ts'
import type { Logger } from './logger.ts'
import { Pace } from './pace.ts'
import { Room } from './room.ts'
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
  /** Whether other processes listen at the same addresses. */
  readonly reusePort?: boolean
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
  /** Reads the certificate again, if its files have changed. */
  reloadCertificate(): Promise<void>
  /** Accepts no more, lets messages that are coming in be finished, and ends all else with 421; after the time is up, everything. */
  drain(timeoutMs: number): Promise<void>
  /** Ends everything now. */
  close(): Promise<void>
}

const loopback = [parseNetwork('127.0.0.0/8'), parseNetwork('::1')].filter(network => network !== undefined)

/** Starts to listen for mail. Rejects when an address cannot be had or the certificate cannot be used. */
export async function openSmtpServer(options: SmtpServerOptions): Promise<SmtpServer> {
  const { tls, log, certificateCheckMs: checkMs } = options
  const certificate = tls && (await Certificate.open(tls, { log, ...(checkMs !== undefined && { checkMs }) }))
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
  readonly counts: ConnectionCounts = newCounts()
  readonly #options: SmtpServerOptions
  readonly #limits: Limits
  readonly #admissions: ConnectionLimits
  readonly #pace: Pace
  readonly #handshakes: Handshakes
  readonly #room: Room
  readonly #certificate: Certificate | undefined
  readonly #doors: Door[] = []
  /** To be called when the last connection is gone. */
  readonly #waiting: (() => void)[] = []

  constructor(options: SmtpServerOptions, certificate: Certificate | undefined) {
    this.#options = options
    this.#certificate = certificate
    this.#limits = { ...defaultLimits, ...options.limits }
    const proxies = options.listeners.flatMap(listener => listener.xclient ?? [])
    this.#admissions = new ConnectionLimits(this.#limits, [...(options.exempt ?? loopback), ...proxies])
    const { counts } = this
    this.#pace = new Pace({ limits: this.#limits, open: () => counts.open - counts.leaving, counts, log: options.log })
    this.#handshakes = new Handshakes(this.#limits.handshakes)
    this.#room = new Room({
      connections: this.#limits.connections,
      counts,
      admissions: this.#admissions,
      occupants: () => this.#guests(),
    })
  }

  async open(): Promise<void> {
    for (const listener of this.#options.listeners) {
      const { address, as } = listener
      const door = this.#door(listener)
      this.#doors.push(door)
      const port = await door.open()
      this.addresses.push({ address, port, as })
      this.#options.log.info({ address, port, as }, 'listening for mail')
    }
  }

  async reloadCertificate(): Promise<void> {
    await this.#certificate?.check()
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
    this.#pace.stop()
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

  *#guests() {
    for (const door of this.#doors) yield* door.guests
  }

  #edge({ as }: ListenerOptions): Edge {
    const { hostname, smtputf8 = true, spoolDirectory = tmpdir(), log } = this.#options
    const limits = this.#limits
    return {
      standing: new StandingReplies({ hostname, smtputf8, limits }),
      as,
      limits,
      pace: this.#pace,
      handshakes: this.#handshakes,
      reached: this.counts.limits,
      smtputf8,
      offersTls: this.#certificate !== undefined,
      spoolDirectory,
      log,
    }
  }

  #door(listener: ListenerOptions): Door {
    const { hostname, store, log, gateway, reusePort = false } = this.#options
    return new Door(listener, {
      hostname,
      edge: this.#edge(listener),
      certificate: this.#certificate,
      gateway,
      reception: {
        limits: this.#limits,
        pace: this.#pace,
        admissions: this.#admissions,
        room: this.#room,
        reached: this.counts.limits,
        proxies: listener.proxyProtocol ?? [],
        xclient: listener.xclient ?? [],
        store: partOf(store, 'greeted'),
        log,
      },
      counts: this.counts,
      reusePort,
      onEmpty: () => {
        for (const resolve of this.#waiting.splice(0)) resolve()
      },
    })
  }
}

function newCounts(): ConnectionCounts {
  const none = { accepted: 0, open: 0, refused: 0, left: 0, talkedEarly: 0, leaving: 0 }
  return { ...none, stress: 0, stressed: 0, limits: noLimitReached() }
}
