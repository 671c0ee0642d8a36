import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import type { Arrival } from './arrival.ts'
import type { Edge } from './edge.ts'
import { EdgeConnection } from './smtp-connection.ts'
import { describeTls } from './tls.ts'

interface EdgeServerOptions {
  readonly hostname: string
  readonly edge: Edge
  readonly isImplicitTls: boolean
  readonly context: SecureContext | undefined
}

/** Why there is no TLS: over a limit, or the client has left or does not know how. */
export type Unsecured = 'handshakes' | 'tlsHandshakeMs' | 'gone'

/** smtp-server without its own accept loop: it gets sockets handed over, and serves them with our connections. */
export class EdgeServer extends SMTPServer {
  /** Until their sockets are closed, which is later than smtp-server's own count. */
  readonly open = new Set<EdgeConnection>()
  readonly #secured = new WeakMap<Socket, Socket>()
  readonly #edge: Edge

  constructor({ hostname, edge, isImplicitTls, context }: EdgeServerOptions) {
    super({
      name: hostname,
      secure: isImplicitTls,
      logger: false,
      disableReverseLookup: true,
      socketTimeout: edge.limits.tlsHandshakeMs,
    })
    this.#edge = edge
    this.useContext(context)
    this.on('error', error => edge.log.info({ error: String(error) }, 'a connection broke'))
  }

  /** S16: without a certificate of ours there is none, and never the one that smtp-server brings along. */
  useContext(context: SecureContext | undefined): void {
    this.secureContext = new Map(context ? [['*', context]] : [])
  }

  override connect(socket: Socket, arrival: Arrival): void {
    const onGone = () => {
      this.open.delete(connection)
      arrival.onGone()
    }
    const connection = new EdgeConnection(this, socket, { ...arrival, onGone })
    this.open.add(connection)
    this.connections.add(connection)
    connection.on('error', error => this._onError(error))
    connection.init()
  }

  /** The TLS handshake of a listener with implicit TLS (RFC 8314, 3.3), or why there is none. */
  secure(socket: Socket): Promise<Socket | Unsecured> {
    const { handshakes, pace, counts } = this.#edge
    if (handshakes.areFull) return Promise.resolve('handshakes')
    const handshake = handshakes.begin(counts)
    this.options.socketTimeout = pace.limits.tlsHandshakeMs // read anew for each handshake
    const { promise, resolve } = Promise.withResolvers<Socket | Unsecured>()
    socket.allowHalfOpen = false // a client that leaves during the handshake is gone
    this._pendingSockets.set(socket, socket)
    this._upgrade(socket, (error, secured) => {
      if (error) handshake.fail(error)
      else if (secured instanceof TLSSocket) handshake.succeed(describeTls(secured).protocol)
      secured?.on('error', () => {}) // nobody else listens until the greeting
      resolve(secured && !error ? secured : isLate(error) ? 'tlsHandshakeMs' : 'gone')
    })
    const top = this._pendingSockets.get(socket)
    if (top) this.#secured.set(socket, top)
    this._pendingSockets.delete(socket)
    return promise
  }

  /** Closes a socket that has not been connected yet: the TLS on top of it first, since Node breaks when it loses its ground. */
  destroy(socket: Socket): void {
    ;(this.#secured.get(socket) ?? socket).destroy()
  }
}

function isLate(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.code === 'ERR_TLS_HANDSHAKE_TIMEOUT'
}
