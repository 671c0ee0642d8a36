import { TLSSocket } from 'node:tls'
import type { Users } from '../accounts/users.ts'
import { Conversation } from '../engine/conversation.ts'
import type { Gateway } from '../engine/gateway.ts'
import { newId } from '../mail/id.ts'
import type { Session } from '../mail/session.ts'
import type { Edge } from './edge.ts'
import { EdgeServer } from './edge-server.ts'
import { type ConnectionCounts, Listener, type ListenerOptions } from './listener.ts'
import type { Guest, ReceptionOptions } from './reception.ts'
import type { EdgeConnection } from './smtp-connection.ts'
import { type Certificate, describeTls } from './tls.ts'

interface DoorNeeds {
  /** The name we greet with. */
  readonly hostname: string
  readonly edge: Edge
  readonly certificate: Certificate | undefined
  readonly gateway: () => Gateway
  readonly users: () => Users | undefined
  readonly reception: ReceptionOptions
  readonly counts: ConnectionCounts
  readonly onEmpty: () => void
}

/** smtp-server would ask the system where each connection has come in, and nobody would read it. */
const unasked = { localAddress: 'unasked', localPort: 1 } as const

/** One address that we listen on, with all that comes in there. */
export class Door {
  readonly #options: ListenerOptions
  readonly #needs: DoorNeeds
  readonly #server: EdgeServer
  readonly #listener: Listener

  constructor(options: ListenerOptions, needs: DoorNeeds) {
    const { hostname, edge, certificate, reception } = needs
    const isImplicitTls = options.tls === 'implicit'
    if (isImplicitTls && !certificate) throw new Error(`${options.address}:${options.port}: implicit TLS needs a certificate`)
    this.#options = options
    this.#needs = needs
    this.#server = new EdgeServer({ hostname, edge, isImplicitTls, context: certificate?.context })
    certificate?.onChange(context => this.#server.useContext(context))
    this.#listener = new Listener(options, {
      ...needs,
      seen: edge.counts,
      reception: isImplicitTls ? { ...reception, secure: socket => this.#server.secure(socket) } : reception,
      serve: (guest, onGone) => this.#serve(guest, onGone),
      destroy: socket => this.#server.destroy(socket),
    })
  }

  /** Answers with the port. */
  open(): Promise<number> {
    return this.#listener.listen()
  }

  /** Lets nobody in any more; all who are inside may stay. */
  close(): void {
    this.#listener.close()
  }

  /** Who has been greeted, the first to come first. */
  get guests(): Iterable<EdgeConnection> {
    return this.#server.open
  }

  /** Lets nobody in any more, and those out who have been answered. */
  drain(): void {
    this.#listener.stop()
    for (const connection of this.#server.open) connection.drain()
  }

  /** Ends everything now. */
  cut(): void {
    this.#listener.cut()
    for (const connection of this.#server.open) connection.cut()
  }

  #serve(guest: Guest, onGone: () => void): void {
    const gateway = this.#needs.gateway()
    const session = this.#sessionOf(guest, gateway)
    const { ip, port } = guest.client
    this.#server.connect(guest.socket, {
      id: session.id,
      ...unasked,
      remoteAddress: ip,
      remotePort: port,
      edge: this.#needs.edge,
      conversation: new Conversation(gateway, session),
      recipients: gateway.maxRecipients,
      mayXclient: guest.mayXclient,
      users: this.#needs.users(),
      relaysFrom: this.#options.as === 'mx' ? gateway.relaysFrom : undefined,
      requireTls: gateway.outbound?.requireTls,
      onGone,
    })
  }

  #sessionOf({ client, isProxy, violations, socket }: Guest, { world, relaysFrom }: Gateway): Session {
    // A proxy speaks for others, and never for itself: who hides behind it is not one of ours.
    const isRelayed = this.#options.as === 'mx' && !isProxy && relaysFrom?.(client.ip)
    return {
      id: newId(world.now()),
      listener: this.#options.as,
      client,
      violations,
      ...(isRelayed && { relayed: true }),
      ...(socket instanceof TLSSocket && { tls: describeTls(socket) }),
    }
  }
}
