import { createServer, type Server, type Socket } from 'node:net'
import type { Network } from '../mail/network.ts'
import type { LimitCounts } from './limit-counts.ts'
import type { StressCounts } from './pace.ts'
import { type Farewell, type Guest, type ReceptionOptions, receive } from './reception.ts'
import { farewell as farewellAt, shuttingDown } from './replies.ts'
import { formatWireReply, type WireReply } from './wire-reply.ts'

/** One address that we listen on. */
export interface ListenerOptions {
  readonly address: string
  /** 0 for any that is free. */
  readonly port: number
  /** For mail from strangers, or from our own users (RFC 6409). */
  readonly as: 'mx' | 'submission'
  /** TLS from the first byte on, instead of STARTTLS (RFC 8314, 3.3). */
  readonly tls?: 'implicit'
  /** From these addresses a PROXY header must come. */
  readonly proxyProtocol?: readonly Network[]
  /** These may tell by XCLIENT whom they speak for. */
  readonly xclient?: readonly Network[]
}

/** What has become of the connections so far. */
export interface ConnectionCounts extends StressCounts {
  accepted: number
  open: number
  /** Over a limit. */
  refused: number
  /** Gone, or cut, before the greeting. */
  left: number
  talkedEarly: number
  /** Of those that are open, refused and on their way out. */
  leaving: number
  /** How often each limit was reached. */
  readonly limits: LimitCounts
}

/** So many that have been refused may take their time to go; more are cut off. */
const mostLeaving = 250

interface ListenerNeeds {
  readonly reception: ReceptionOptions
  readonly counts: ConnectionCounts
  readonly reusePort: boolean
  /** Takes a client over; `onGone` is to be called when its connection is gone. */
  readonly serve: (guest: Guest, onGone: () => void) => void
  /** Closes a socket that has not been taken over. */
  readonly destroy: (socket: Socket) => void
  /** The last connection is gone. */
  readonly onEmpty: () => void
}

/** Accepts connections at one address, and hands over those that may be greeted. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #needs: ListenerNeeds
  readonly #server: Server
  /** On their way to the greeting, or out. */
  readonly #sockets = new Set<Socket>()
  #isStopped = false

  constructor(options: ListenerOptions, needs: ListenerNeeds) {
    this.#options = options
    this.#needs = needs
    // A client may close its side and still wait for our answers.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, socket => void this.#accept(socket))
  }

  /** Starts to listen, and answers with the port; rejects when the address cannot be had. */
  listen(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const { address: host, port } = this.#options
    this.#server.once('error', reject)
    this.#server.listen({ host, port, reusePort: this.#needs.reusePort }, () => {
      this.#server.off('error', reject)
      this.#server.on('error', error => this.#needs.reception.log.error({ error: String(error), host, port }, 'listening failed'))
      const bound = this.#server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : port)
    })
    return promise
  }

  /** Accepts no more, and sends those away that have not been greeted yet. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#server.close()
    for (const socket of this.#sockets) this.#refuse(socket, shuttingDown)
  }

  /** The same, without a word. */
  cut(): void {
    this.stop()
    for (const socket of this.#sockets) this.#needs.destroy(socket)
  }

  async #accept(socket: Socket): Promise<void> {
    const { reception, counts, serve, destroy } = this.#needs
    const onGone = this.#arrive(socket)
    try {
      const guest = await receive(socket, reception)
      if (typeof guest === 'string') return this.#dismiss(socket, guest)
      if (this.#isStopped) return guest.release()
      if (guest.violations.length) counts.talkedEarly++
      this.#sockets.delete(socket)
      serve(guest, () => {
        guest.release()
        onGone()
      })
    } catch (error) {
      reception.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'accepting a connection failed')
      destroy(socket)
    }
  }

  /** Counts a connection, until it is gone. */
  #arrive(socket: Socket): () => void {
    const { counts, onEmpty, reception } = this.#needs
    counts.accepted++
    counts.open++
    reception.pace.noteArrival()
    this.#sockets.add(socket)
    let isGone = false
    const onGone = () => {
      if (isGone) return
      isGone = true
      this.#sockets.delete(socket)
      if (--counts.open === 0) onEmpty()
    }
    socket.on('error', () => {}) // it closes then, and that is what matters
    socket.once('close', onGone)
    return onGone
  }

  #dismiss(socket: Socket, farewell: Farewell): void {
    const { counts, destroy } = this.#needs
    if (farewell === 'gone') {
      counts.left++
      destroy(socket)
    } else {
      counts.refused++
      counts.limits[farewell]++
      this.#refuse(socket, farewellAt(farewell))
    }
  }

  /** With TLS from the first byte on there is no place for words yet. */
  #refuse(socket: Socket, reply: WireReply): void {
    const { counts, destroy, reception } = this.#needs
    if (this.#options.tls === 'implicit' || counts.leaving >= mostLeaving) {
      destroy(socket)
      return
    }
    if (socket.writableEnded) return
    counts.leaving++
    socket.once('close', () => counts.leaving--)
    socket.end(formatWireReply(reply))
    socket.resume() // to see the client's end
    setTimeout(() => socket.destroy(), reception.limits.lingerMs).unref()
  }
}
