import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import type { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import type { Arrival } from './arrival.ts'
import { DialogueStream } from './dialogue-stream.ts'
import { Exchange } from './exchange.ts'
import type { Handshake } from './handshakes.ts'
import type { MessageIntake } from './message-intake.ts'
import { describeTls } from './tls.ts'
import type { Wire } from './wire.ts'

const empty = new Map<string, never>()

/** The codes that smtp-server uses on its own, each with the enhanced status that it gets wrong or leaves out. */
const statuses: Readonly<Record<number, string>> = { 421: '4.7.0', 451: '4.3.0', 500: '5.5.2', 501: '5.5.4', 503: '5.5.1' }

/**
 * One client's connection, mended: all that we change in smtp-server 3.21.6 is in this file and its parser's. Its sockets,
 * its STARTTLS and its way of ending connections stay; its replies, time-outs and commands are ours. What has an underscore
 * is internal there: before the version changes, the tests over raw sockets must pass with it.
 */
export class EdgeConnection extends SMTPConnection implements Wire {
  readonly #arrival: Arrival
  readonly #exchange: Exchange
  /** Of STARTTLS, once it has begun. */
  #handshake: Handshake | undefined

  constructor(server: SMTPServer, socket: Socket, arrival: Arrival) {
    super(server, socket, arrival)
    // What its own commands would keep there: three maps for each connection that idles.
    this._rcptIndex = this._xClient = this._xForward = empty
    this.#arrival = arrival
    this.#exchange = new Exchange(this, arrival)
  }

  get hasMore(): boolean {
    return this._socket.readableLength > 0 || (this.#stream?.hasMore ?? false)
  }

  get hasLine(): boolean {
    return this.#stream?.hasLine ?? false
  }

  get isReceiving(): boolean {
    return this.#stream?.isReceiving ?? false
  }

  get isSecuring(): boolean {
    return this._upgrading
  }

  get isClosing(): boolean {
    return this._closing || this._closed
  }

  get bytesRead(): number {
    return this._socket.bytesRead
  }

  get ip(): string {
    return this.remoteAddress
  }

  get idleMs(): number {
    return this.isClosing ? 0 : this.#exchange.idleMs
  }

  /** Makes place for somebody else, at once. */
  evict(): void {
    this.#exchange.evict()
    this._socket.destroySoon()
  }

  /** Within a handshake there is no place for words: smtp-server works on the bare socket until its end. */
  write(text: string): void {
    if (!this._upgrading && this._socket.writable) this._socket.write(text, 'latin1')
  }

  receive(intake: MessageIntake): void {
    this.#stream?.receive(intake)
  }

  startTls(): void {
    this._socket.allowHalfOpen = false // TLS takes this over: a client that leaves during the handshake is gone
    // S22: the old parser keeps what was sent ahead; it is never heard.
    const resume = () => {}
    const { handshakes, counts } = this.#arrival.edge
    this.#handshake = handshakes.begin(counts)
    this.upgrade(resume, () => this.#secured())
  }

  /** Ends as soon as the client has been answered. */
  drain(): void {
    this.#exchange.drain()
  }

  /** The same now, whatever is going on. */
  cut(): void {
    this.#exchange.drain()
    this._socket.destroy()
  }

  /** S23: no pause of 100 ms, and nothing is heard before the greeting: who talks early has been noticed by then. */
  override init(): void {
    this._socket.on('close', hadError => this._onCloseEvent(hadError))
    this._socket.on('error', error => this._onError(error))
    this._socket.on('end', () => this.#exchange.noteEnd())
    void this.#begin()
  }

  /** S4, S5, S12: our own parser. It is called for before this object has its own fields. */
  override _createParser(): SMTPStream {
    const stream = new DialogueStream({
      onLine: line => this.#hear(line),
      onData: bytes => this.#exchange.noteData(bytes),
      onMessage: intake => this.#exchange.take(intake),
    })
    stream.on('error', error => this._socket.destroy(error))
    stream.on('finish', () => this.close())
    // Of what a parser is there, smtp-server uses no more than this has: it pipes into it, and sets `isClosed`.
    return stream as EventEmitter as SMTPStream
  }

  /** S7: every byte would set this time-out back; the watchdog looks at progress. */
  override _armTimeout(): void {}

  /** S9: what smtp-server says on its own gets the right status. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text = [data ?? ''].flat().join(' ')
    const status = context === false ? undefined : statuses[code]
    this.#exchange.interject(status ? { code, status, text } : { code, lines: [text] })
  }

  /** S1, S2, S8, S16, S17, S20: the commands that we know never come here, and there are no others. */
  override _getHandler(): undefined {
    return undefined
  }

  /** Fulfilled when the client has read what we have said; undefined when there is nothing to wait for. */
  get unread(): Promise<void> | undefined {
    if (!this._socket.writableNeedDrain || this._socket.destroyed) return undefined
    // When the socket closes instead, nobody goes on.
    return new Promise(resolve => this._socket.once('drain', resolve))
  }

  override close(): void {
    this.#exchange.finish()
    super.close()
    // Within a handshake nobody reads the client's end.
    if (this._upgrading) this._socket.destroy()
  }

  override _onError(error: NodeJS.ErrnoException): void {
    this.#handshake?.fail(error)
    super._onError(error)
  }

  override _onClose(): void {
    this.#handshake?.fail({ code: 'SocketError' })
    super._onClose()
    this.#exchange.finish()
    this.#arrival.onGone()
  }

  async #begin(): Promise<void> {
    await this.#exchange.greet()
    if (this.isClosing || !this._parser) return
    this._ready = true
    this._socket.pipe(this._parser)
    this.#exchange.await()
  }

  #hear(line: Buffer): Promise<void> | undefined {
    if (this._upgrading || this.isClosing) return undefined
    return this.#exchange.hear(line)
  }

  /** A command that we do not know: smtp-server has its ways with it. */
  puzzle(line: string): Promise<void> {
    this._unrecognizedCommands = 0 // our own budget counts them
    return new Promise(resolve => super._onCommand(Buffer.from(line), resolve))
  }

  #secured(): void {
    if (!(this._socket instanceof TLSSocket)) return
    const tls = describeTls(this._socket)
    this.#handshake?.succeed(tls.protocol)
    void this.#exchange.secured(tls)
  }

  get #stream(): DialogueStream | undefined {
    const parser: unknown = this._parser
    return parser instanceof DialogueStream ? parser : undefined
  }
}
