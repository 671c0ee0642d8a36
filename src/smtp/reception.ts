import type { Socket } from 'node:net'
import type { Store } from '../engine/store.ts'
import { canonicalAddress, type Network } from '../mail/network.ts'
import type { Client, Violation } from '../mail/session.ts'
import type { RefusingLimit } from '../metrics/edge.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { noDelay, testPatience } from './early-talk.ts'
import type { Unsecured } from './edge-server.ts'
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
  /** It speaks for others, and has not said for whom. */
  readonly isProxy: boolean
  readonly violations: readonly Violation[]
  readonly release: () => void
}

/** Why a connection ends before the greeting: it is over a limit, or it has ended itself or broken the rules of the house. */
export type Farewell = 'gone' | RefusingLimit

export interface ReceptionOptions {
  readonly limits: Limits
  readonly pace: Pace
  readonly admissions: ConnectionLimits
  readonly room: Room
  /** Where a PROXY header must come from. */
  readonly proxies: readonly Network[]
  /** Who speaks for others by XCLIENT. */
  readonly xclient: readonly Network[]
  /** Our own users do not wait for the greeting. */
  readonly isForUsers: boolean
  /** Begins TLS, where it comes first. */
  readonly secure?: (socket: Socket) => Promise<Socket | Unsecured>
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
  if (typeof client === 'string') return client
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
  const guest = await welcome(socket, { client, isProxy: isProxy && client === peer }, options, admission.release)
  if (typeof guest === 'string') admission.release()
  return guest
}

async function proxiedClient(socket: Socket, peer: Client, options: ReceptionOptions): Promise<Client | Farewell> {
  const { limits, log } = options
  const client = await readProxiedClient(socket, peer, limits.proxyHeaderMs)
  if (client && client !== 'late') return client
  log.warn({ ip: peer.ip }, 'a proxy sent no valid PROXY header')
  return client ? 'proxyHeaderMs' : 'gone'
}

async function welcome(
  bare: Socket,
  whose: Pick<Guest, 'client' | 'isProxy'>,
  options: ReceptionOptions,
  release: () => void,
): Promise<Guest | Farewell> {
  const { secure, pace, xclient, isForUsers, store, log } = options
  const { client } = whose
  const socket = secure ? await secure(bare) : bare
  if (typeof socket === 'string') return socket
  if (socket.destroyed) return 'gone'
  const mayXclient = xclient.some(network => network.contains(client.ip))
  const patience = await testPatience(socket, client.ip, { limits: mayXclient || isForUsers ? noDelay : pace.limits, store, log })
  if (patience === 'left' || socket.destroyed) return 'gone'
  return {
    socket,
    client,
    mayXclient,
    isProxy: whose.isProxy || mayXclient,
    violations: patience === 'talked' ? ['talked-before-greeting'] : [],
    release,
  }
}
