import type { Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { AwaitedReplies } from './awaited-replies.ts'
import { eachChunk } from './chunks.ts'
import { checked, verb } from './command-line.ts'
import { reason } from './connect-socket.ts'
import { DotStuffing } from './dot-stuffing.ts'
import { ReplyReader } from './reply-reader.ts'
import { type Answer, describe, isTrouble, type Trouble } from './server-reply.ts'

/** Looks at the certificate of a server, once the handshake is over and before anything is said: what is wrong with it. */
export type PeerCheck = (socket: TLSSocket) => Trouble | undefined

/** How long a server may take to close after QUIT. */
const quitMs = 2_000

/**
 * One connection to a mail server: commands go out, replies come back in their order. It knows nothing of
 * transactions. After trouble it is closed, and every further answer is that trouble.
 */
export class ClientConnection {
  readonly #reader = new ReplyReader()
  readonly #awaited = new AwaitedReplies(trouble => this.#fail(trouble))
  #socket: Socket
  #trouble: Trouble | undefined
  /** Ends the one wait that is not for a reply: for a handshake, or for the server to read on. */
  #wake: ((trouble?: Trouble) => void) | undefined
  #isSending = false
  /** What the server said before the message was complete. */
  #early: Answer | undefined
  #onEnd: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    this.#attach(socket)
  }

  get isOpen(): boolean {
    return !this.#trouble
  }

  /** Called once, when the connection can be used no more: at once, if that is so already. */
  set onEnd(listener: () => void) {
    this.#onEnd = listener
    if (this.#trouble) listener()
  }

  /** The next reply, for which nothing need be sent: the banner, or one of several after the final dot. */
  reply(ms: number, what = 'the greeting'): Promise<Answer> {
    if (this.#trouble) return Promise.resolve(this.#trouble)
    return this.#awaited.next(what, ms)
  }

  /** What stands in `called` is told of it when there is no answer: a line may be a password. */
  command(line: string, ms: number, called = verb(line)): Promise<Answer> {
    this.write(checked(line))
    return this.reply(ms, called)
  }

  /** Sends several commands at once (RFC 2920). */
  pipeline(lines: readonly string[], ms: number): Promise<Answer[]> {
    this.write(lines.map(checked).join(''))
    return Promise.all(lines.map(line => this.reply(ms, verb(line))))
  }

  write(bytes: string | Buffer): void {
    // ASCII is written as it is, and most commands are nothing else.
    if (!this.#trouble) this.#socket.write(bytes, typeof bytes === 'string' && !/[^\x00-\x7f]/.test(bytes) ? 'latin1' : 'utf8')
  }

  /**
   * Sends a message and the final dot, for whose answers one asks next. What the server says before that
   * ends it: the dot is not sent then, and the message has not arrived.
   */
  async content(chunks: Iterable<Buffer> | AsyncIterable<Buffer>, blockMs: number): Promise<Answer | undefined> {
    const stuffing = new DotStuffing()
    this.#isSending = true
    this.#socket.cork()
    try {
      const stop = await eachChunk(chunks, chunk => this.#sendPiece(stuffing.stuff(chunk), blockMs))
      if (stop) return this.#abandon(stop)
    } catch (error) {
      // A spooled message that cannot be read: the server must not take the part that it has for the whole.
      return this.#abandon({ trouble: 'source', detail: `the message could not be read: ${String(error)}` })
    }
    this.#socket.write(stuffing.end(), 'latin1')
    this.#socket.uncork()
    this.#isSending = false
    return this.#trouble
  }

  /** Goes on under TLS with a server that stands the check, or ends with trouble. */
  async startTls(options: ConnectionOptions, ms: number, checkPeer?: PeerCheck): Promise<Trouble | undefined> {
    // Whoever sits between us could put replies there that would count as said under TLS (CVE-2021-38371).
    if (this.#reader.isAmidst)
      this.#fail({ trouble: 'nonsense', detail: 'the server talked on between STARTTLS and the handshake' })
    if (this.#trouble) return this.#trouble
    this.#socket.removeAllListeners('data')
    const secure = connectTls({ ...options, socket: this.#socket })
    this.#socket = secure
    this.#attach(secure)
    const trouble = await this.#until('secureConnect', ms, 'the TLS handshake')
    if (trouble) return { ...trouble, trouble: 'tls' }
    const stranger = checkPeer?.(secure)
    if (stranger && !stranger.isTolerated) this.#fail(stranger)
    return stranger
  }

  /** While nobody uses it, the connection does not keep the process alive. */
  rest(): void {
    this.#socket.unref()
  }

  resume(): void {
    this.#socket.ref()
  }

  /** Takes leave of the server. */
  quit(): void {
    if (this.#trouble) return
    const socket = this.#socket
    socket.end('QUIT\r\n')
    const timer = setTimeout(() => socket.destroy(), quitMs)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
    this.#end({ trouble: 'lost', detail: 'we have closed the connection' })
  }

  /** Hangs up, at once: what was begun is not to be finished. */
  destroy(): void {
    this.#fail({ trouble: 'lost', detail: 'we have closed the connection' })
  }

  get #stop(): Answer | undefined {
    return this.#trouble ?? this.#early
  }

  #attach(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail({ trouble: 'lost', detail: reason(error), ...(error.code && { code: error.code }) })
    })
    socket.on('close', () => this.#fail({ trouble: 'lost', detail: 'the server has closed the connection' }))
  }

  #hear(chunk: Buffer): void {
    for (const answer of this.#reader.read(chunk)) {
      if (this.#trouble) return
      if (isTrouble(answer)) this.#fail(answer)
      else if (this.#isSending) this.#early ??= answer
      else if (!this.#awaited.take(answer))
        this.#fail({ trouble: 'lost', detail: `the server said, unasked: ${describe(answer)}` })
    }
    if (this.#early) this.#wake?.()
  }

  #sendPiece(piece: Buffer, blockMs: number): Answer | undefined | Promise<Answer | undefined> {
    const isRead = this.#socket.write(piece)
    return this.#stop ?? (isRead ? undefined : this.#untilRead(blockMs))
  }

  async #untilRead(ms: number): Promise<Answer | undefined> {
    this.#socket.uncork()
    const trouble = this.#socket.writableNeedDrain ? await this.#until('drain', ms, 'the message') : undefined
    this.#socket.cork()
    return trouble ?? this.#stop
  }

  #until(event: 'secureConnect' | 'drain', ms: number, what: string): Promise<Trouble | undefined> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#fail({ trouble: 'late', detail: `${what} took longer than ${ms} ms` }), ms)
      this.#wake = trouble => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(trouble)
      }
      this.#socket.once(event, () => this.#wake?.())
    })
  }

  #abandon(stop: Answer): Answer {
    this.#fail(isTrouble(stop) ? stop : { trouble: 'lost', detail: `the server said, before the final dot: ${describe(stop)}` })
    return stop
  }

  #fail(trouble: Trouble): void {
    if (this.#trouble) return
    this.#socket.destroy()
    this.#end(trouble)
  }

  #end(trouble: Trouble): void {
    this.#trouble = trouble
    this.#awaited.end(trouble)
    this.#wake?.(trouble)
    this.#onEnd()
  }
}
