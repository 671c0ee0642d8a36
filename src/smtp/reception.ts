import type { Socket } from 'node:net'
import type { Store } from '../engine/store.ts'
import { canonicalAddress, type Network } from '../mail/network.ts'
import type { Client, Violation } from '../mail/session.ts'
import type { ConnectionLimits, Excess } from './connection-limits.ts'
import { noDelay, testPatience } from './early-talk.ts'
import type { LimitCounts } from './limit-counts.ts'
import type { Limits } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Pace } from './pace.ts'
import { readProxiedClient } from './proxied-client.ts'
import type { Room } from './room.ts'

/** A client that may be greeted. */
export interface Guest {
  /** With TLS already, where the listener begins with it. */
  readonly socket: Socket
  readonly client: Client
  /** Whether it may speak for others. */
  readonly mayXclient: boolean
  readonly violations: readonly Violation[]
  readonly release: () => void
}

/** Why a connection ends before the greeting: it is over a limit, and hears so, or it has ended itself or broken the rules of the house. */
export type Farewell = 'connections' | 'gone' | Excess

export interface ReceptionOptions {
  readonly limits: Limits
  readonly pace: Pace
  readonly admissions: ConnectionLimits
  readonly room: Room
  readonly reached: LimitCounts
  /** Where a PROXY header must come from. */
  readonly proxies: readonly Network[]
  /** Who speaks for others by XCLIENT. */
  readonly xclient: readonly Network[]
  /** Begins TLS, where it comes first. */
  readonly secure?: (socket: Socket) => Promise<Socket | undefined>
  readonly store: Store
  readonly log: Logger
}

/** Leads a new connection to the greeting: who it is, whether there is room for it, TLS where it comes first, and whether it can wait. */
export async function receive(socket: Socket, options: ReceptionOptions): Promise<Guest | Farewell> {
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined) return 'gone' // it left before we looked
  const peer: Client = { ip: canonicalAddress(remoteAddress), port: remotePort ?? 0 }
  const isProxy = options.proxies.some(network => network.contains(peer.ip))
  const client = isProxy ? await proxiedClient(socket, peer, options) : peer
  if (!client) return 'gone'
  const admission = options.admissions.admit(client.ip, Date.now())
  if ('excess' in admission) {
    const { excess, isFirst } = admission
    if (isFirst) options.log.info({ ip: client.ip, limit: excess }, 'too many connections, some are refused')
    return excess
  }
  if (!options.room.admits(client.ip)) {
    admission.release()
    return 'connections'
  }
  const guest = await welcome(socket, client, options, admission.release)
  if (guest === 'gone') admission.release()
  return guest
}

async function proxiedClient(socket: Socket, peer: Client, options: ReceptionOptions): Promise<Client | undefined> {
  const { limits, reached, log } = options
  const client = await readProxiedClient(socket, peer, limits.proxyHeaderMs)
  if (client === 'late') reached.proxyHeaderMs++
  else if (client) return client
  log.warn({ ip: peer.ip }, 'a proxy sent no valid PROXY header')
  return undefined
}

async function welcome(bare: Socket, client: Client, options: ReceptionOptions, release: () => void): Promise<Guest | 'gone'> {
  const { secure, pace, xclient, store, log } = options
  const socket = secure ? await secure(bare) : bare
  if (!socket || socket.destroyed) return 'gone'
  const mayXclient = xclient.some(network => network.contains(client.ip))
  const patience = await testPatience(socket, client.ip, { limits: mayXclient ? noDelay : pace.limits, store, log })
  if (patience === 'left' || socket.destroyed) return 'gone'
  return { socket, client, mayXclient, violations: patience === 'talked' ? ['talked-before-greeting'] : [], release }
}
