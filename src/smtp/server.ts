import { tmpdir } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { Users } from '../accounts/users.ts'
import type { Gateway } from '../engine/gateway.ts'
import { partOf, type Store } from '../engine/store.ts'
import { type Network, parseNetwork } from '../mail/network.ts'
import { EdgeCounts } from '../metrics/edge.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { Door } from './door.ts'
import type { Edge } from './edge.ts'
import { StandingReplies } from './ehlo.ts'
import { Handshakes } from './handshakes.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { ConnectionCounts, ListenerOptions } from './listener.ts'
import type { Logger } from './logger.ts'
import { Pace } from './pace.ts'
import { Room } from './room.ts'
import type { ListeningAddress, SmtpServer } from './smtp-server.ts'
import { Certificate, type CertificateFiles } from './tls.ts'

export interface SmtpServerOptions {
  /** The name we greet with. */
  readonly hostname: string
  readonly listeners: readonly ListenerOptions[]
  readonly tls?: CertificateFiles
  /** Asked for each connection: a reload is another gateway, and sessions that run keep theirs. */
  readonly gateway: () => Gateway
  /** Who may authenticate at listeners for our own users; asked for each connection, too. */
  readonly users?: () => Users | undefined
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
  readonly counts: ConnectionCounts = {
    accepted: 0,
    open: 0,
    refused: 0,
    left: 0,
    talkedEarly: 0,
    leaving: 0,
    stress: 0,
    stressed: 0,
  }
  readonly seen: EdgeCounts[] = []
  readonly admissions: ConnectionLimits
  readonly #options: SmtpServerOptions
  readonly #limits: Limits
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
    this.admissions = new ConnectionLimits(this.#limits, [...(options.exempt ?? loopback), ...proxies])
    this.#handshakes = new Handshakes(this.#limits.handshakes)
    const { counts, admissions } = this
    const open = () => counts.open - counts.leaving + admissions.elsewhere
    this.#pace = new Pace({ limits: this.#limits, open, counts, log: options.log })
    const { connections } = this.#limits
    this.#room = new Room({ connections, open, admissions, occupants: () => this.#guests() })
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

  #edge({ as }: ListenerOptions, counts: EdgeCounts): Edge {
    const { hostname, smtputf8 = true, spoolDirectory = tmpdir(), log } = this.#options
    const limits = this.#limits
    return {
      hostname,
      standing: new StandingReplies({ hostname, smtputf8, limits }),
      as,
      limits,
      pace: this.#pace,
      handshakes: this.#handshakes,
      smtputf8,
      offersTls: this.#certificate !== undefined,
      spoolDirectory,
      log,
      counts,
    }
  }

  #door(listener: ListenerOptions, seen: EdgeCounts): Door {
    const { hostname, store, log, gateway, users = () => undefined } = this.#options
    return new Door(listener, {
      hostname,
      edge: this.#edge(listener, seen),
      certificate: this.#certificate,
      gateway,
      users,
      reception: {
        limits: this.#limits,
        pace: this.#pace,
        admissions: this.admissions,
        room: this.#room,
        proxies: listener.proxyProtocol ?? [],
        xclient: listener.xclient ?? [],
        isForUsers: listener.as === 'submission',
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
