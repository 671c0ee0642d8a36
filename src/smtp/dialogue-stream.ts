import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import { longestLine } from './command-line.ts'
import type { MessageIntake, Taken } from './message-intake.ts'

const LF = 0x0a
const nothing = Buffer.alloc(0)
const endlessBytes = 1024 * 1024

/** What the client's bytes are for. */
export interface Hearers {
  /** A line, with its line end; one that is too long comes without its end. The next follows when the promise is fulfilled. */
  onLine(line: Buffer): Promise<void>
  onData(bytes: number): void
  /** The message is over, or hopeless. What follows is heard when the promise is fulfilled. */
  onMessage(intake: MessageIntake): Promise<void>
}

/**
 * Cuts what the client sends into command lines and messages, in place of smtp-server's own parser. It takes
 * no more than it can pass on, so the socket stops reading when we are slow.
 */
export class DialogueStream extends SMTPStream {
  readonly #hearers: Hearers
  #intake: MessageIntake | undefined
  /** The start of a line. */
  #partial: Buffer = nothing
  /** How long the line is so far, of which only the start is kept. */
  #length = 0
  /** What has come behind the line that is being answered. */
  #ahead: Buffer = nothing
  /** The size of the chunk at hand. */
  #taking = 0

  constructor(hearers: Hearers) {
    super()
    this.#hearers = hearers
  }

  /** Bytes that the client has sent before it could have our answer. */
  get hasMore(): boolean {
    return this.#ahead.length > 0 || this.#isQueued
  }

  /** Whether the next command is here already. */
  get hasLine(): boolean {
    return this.#ahead.includes(LF) || this.#isQueued
  }

  get isReceiving(): boolean {
    return this.#intake !== undefined
  }

  /** What comes next is a message. */
  receive(intake: MessageIntake): void {
    this.#intake = intake
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    this.#taking = chunk.length
    const wait = this.#takeInStride(chunk)
    if (wait) wait.then(() => next(), next)
    else next()
  }

  /** The middle of a message, which is most of all traffic, costs no promise. */
  #takeInStride(chunk: Buffer): Promise<void> | undefined {
    if (this.isClosed) return undefined
    const intake = this.#intake
    if (!intake) return this.#take(chunk)
    const taken = this.#write(intake, chunk)
    if (!taken) return undefined
    return taken.rest ? this.#finish(intake, taken.rest, taken.wait) : taken.wait
  }

  async #take(bytes: Buffer): Promise<void> {
    for (let left = bytes; left.length && !this.isClosed; ) {
      if (this.#intake) return this.#takeInStride(left)
      left = await this.#takeLine(left)
    }
  }

  /** Answers with what is left behind the line. */
  async #takeLine(bytes: Buffer): Promise<Buffer> {
    const lineEnd = bytes.indexOf(LF) + 1
    const end = lineEnd || bytes.length
    const line = this.#append(bytes.subarray(0, end))
    this.#length += end
    // Without an end it is answered too, some time: a client that never ends its line is soon out of its budget.
    if (!lineEnd && this.#length < endlessBytes) {
      this.#partial = line
      return nothing
    }
    this.#partial = nothing
    this.#length = 0
    this.#ahead = bytes.subarray(end)
    await this.#hearers.onLine(line)
    const left = this.#ahead
    this.#ahead = nothing
    return left
  }

  /** The line so far, as a copy, and no longer than it takes to see that it is too long. */
  #append(bytes: Buffer): Buffer {
    return Buffer.concat([this.#partial, bytes.subarray(0, longestLine + 1 - this.#partial.length)])
  }

  #write(intake: MessageIntake, chunk: Buffer): Taken | undefined {
    this.#hearers.onData(chunk.length)
    const taken = intake.write(chunk)
    return intake.isHopeless && !taken?.rest ? { rest: nothing, wait: taken?.wait } : taken
  }

  async #finish(intake: MessageIntake, rest: Buffer, wait: Promise<void> | undefined): Promise<void> {
    this.#intake = undefined
    await wait
    this.#ahead = rest
    await this.#hearers.onMessage(intake)
    this.#ahead = nothing
    return this.#take(rest)
  }

  get #isQueued(): boolean {
    // The chunk at hand counts until it has been taken.
    return this.writableLength > this.#taking
  }
}
