import { createServer, type Server, type Socket } from 'node:net'
import type { Network } from '../mail/network.ts'
import type { EdgeCounts, RefusingLimit, StressCounts } from '../metrics/edge.ts'
import { type Farewell, type Guest, type ReceptionOptions, receive } from './reception.ts'
import { farewells, shuttingDown } from './replies.ts'
import { formatWireReply, type WireReply } from './wire-reply.ts'

/** One address that we listen on. */
export interface ListenerOptions {
  readonly address: string
  /** 0 for any that is free. */
  readonly port: number
  /** A socket that is bound to it already, and that other processes accept from too. */
  readonly socket?: object
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
}

/** So many that have been refused may take their time to go; more are cut off. */
const mostLeaving = 250

interface ListenerNeeds {
  readonly reception: ReceptionOptions
  readonly counts: ConnectionCounts
  /** The same at this listener, and more. */
  readonly seen: EdgeCounts
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
    const { address: host, port, socket } = this.#options
    this.#server.once('error', reject)
    this.#server.listen(socket ?? { host, port }, () => {
      this.#server.off('error', reject)
      this.#server.on('error', error => this.#needs.reception.log.error({ error: String(error), host, port }, 'listening failed'))
      const bound = this.#server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : port)
    })
    return promise
  }

  /** Accepts no more; who is here already is served. */
  close(): void {
    if (this.#server.listening) this.#server.close()
  }

  /** Accepts no more, and sends those away that have not been greeted yet. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.close()
    for (const socket of this.#sockets) this.#refuse(socket, shuttingDown)
  }

  /** The same, without a word. */
  cut(): void {
    this.stop()
    for (const socket of this.#sockets) this.#needs.destroy(socket)
  }

  async #accept(socket: Socket): Promise<void> {
    const { reception, counts, seen, serve, destroy } = this.#needs
    const onGone = this.#arrive(socket)
    try {
      const guest = await receive(socket, reception)
      if (typeof guest === 'string') return this.#dismiss(socket, guest)
      if (this.#isStopped) return guest.release()
      seen.greeted++
      if (guest.violations.length) counts.talkedEarly++
      if (guest.violations.length) seen.talkedEarly++
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
    const { counts, seen, onEmpty, reception } = this.#needs
    counts.accepted++
    counts.open++
    seen.accepted++
    seen.open++
    reception.admissions.count(1)
    reception.pace.noteArrival()
    this.#sockets.add(socket)
    let isGone = false
    const onGone = () => {
      if (isGone) return
      isGone = true
      this.#sockets.delete(socket)
      seen.open--
      reception.admissions.count(-1)
      if (--counts.open === 0) onEmpty()
    }
    socket.on('error', () => {}) // it closes then, and that is what matters
    socket.once('close', onGone)
    return onGone
  }

  #dismiss(socket: Socket, farewell: Farewell): void {
    const { counts, seen, destroy } = this.#needs
    if (farewell === 'gone') {
      counts.left++
      seen.left++
      destroy(socket)
    } else {
      counts.refused++
      seen.refused.add(farewell)
      const words: Partial<Record<RefusingLimit, WireReply>> = farewells
      this.#refuse(socket, words[farewell])
    }
  }

  /** With TLS from the first byte on there is no place for words yet. */
  #refuse(socket: Socket, reply: WireReply | undefined): void {
    const { counts, destroy, reception } = this.#needs
    if (!reply || this.#options.tls === 'implicit' || counts.leaving >= mostLeaving) {
      destroy(socket)
      return
    }
    if (socket.writableEnded) return
    const leave = (by: 1 | -1) => {
      counts.leaving += by
      reception.admissions.count(by === 1 ? -1 : 1)
    }
    leave(1)
    socket.once('close', () => leave(-1))
    socket.end(formatWireReply(reply))
    socket.resume() // to see the client's end
    setTimeout(() => socket.destroy(), reception.limits.lingerMs).unref()
  }
}
