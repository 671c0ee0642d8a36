import { EventEmitter } from 'node:events'
import { longestLine } from './command-line.ts'
import type { MessageIntake, Taken } from './message-intake.ts'

const LF = 0x0a
const nothing = Buffer.alloc(0)
const endlessBytes = 1024 * 1024

/** What the client's bytes are for. Who answers with a promise is not disturbed until it is fulfilled. */
export interface Hearers {
  /** A line, with its line end; one that is too long comes without its end. */
  onLine(line: Buffer): Promise<void> | undefined
  onData(bytes: number): void
  /** The message is over, or hopeless. */
  onMessage(intake: MessageIntake): Promise<void>
}

/**
 * Cuts what the client sends into command lines and messages, in place of smtp-server's own parser. It is no Writable: that
 * costs each connection its memory and each line its time. What comes while we are at work waits here, and `write` says
 * that the socket shall wait too, until `drain`.
 */
export class DialogueStream extends EventEmitter {
  readonly #hearers: Hearers
  #intake: MessageIntake | undefined
  /** The start of a line. */
  #partial: Buffer = nothing
  /** How long the line is so far, of which only the start is kept. */
  #length = 0
  /** What has come behind that which is being answered. */
  #ahead: Buffer = nothing
  #isBusy = false
  #hasEnded = false
  /** Set by smtp-server too: nothing is heard any more. */
  isClosed = false

  constructor(hearers: Hearers) {
    super()
    this.#hearers = hearers
  }

  /** Bytes that the client has sent before it could have our answer. */
  get hasMore(): boolean {
    return this.#ahead.length > 0
  }

  /** Whether the next command is here already. */
  get hasLine(): boolean {
    return this.#ahead.length > 0 && this.#ahead.includes(LF)
  }

  get isReceiving(): boolean {
    return this.#intake !== undefined
  }

  /** What comes next is a message. */
  receive(intake: MessageIntake): void {
    this.#intake = intake
  }

  /** Takes what has come. False when no more should come before `drain`. */
  write(chunk: Buffer): boolean {
    if (this.isClosed) return true
    if (this.#isBusy) {
      this.#ahead = this.#ahead.length ? Buffer.concat([this.#ahead, chunk]) : chunk
      return false
    }
    this.#ahead = chunk
    this.#hear()
    // While an answer is awaited, most clients send nothing: to stop reading would cost more than what may come.
    return !this.#isBusy || this.#intake === undefined
  }

  /** The client has closed its side: it is `finish`ed when it has been answered. */
  end(): void {
    this.#hasEnded = true
    if (!this.#isBusy) this.emit('finish')
  }

  /** Hears line after line, and messages, until something must be waited for. */
  #hear(): void {
    while (this.#ahead.length && !this.isClosed) {
      const wait = this.#intake ? this.#takeData(this.#intake) : this.#takeLine()
      if (wait) this.#pause(wait)
      if (wait) return
    }
  }

  #pause(wait: Promise<void>): void {
    this.#isBusy = true
    const resume = () => {
      this.#isBusy = false
      this.#hear()
      if (!this.#isBusy) this.emit(this.#hasEnded ? 'finish' : 'drain')
    }
    wait.then(resume, (error: unknown) => this.emit('error', error))
  }

  #takeLine(): Promise<void> | undefined {
    const bytes = this.#ahead
    const lineEnd = bytes.indexOf(LF) + 1
    const end = lineEnd || bytes.length
    this.#length += end
    this.#ahead = leftOf(bytes.subarray(end))
    const line = this.#append(bytes.subarray(0, end))
    // Without an end it is answered too, some time: a client that never ends its line is soon out of its budget.
    if (!lineEnd && this.#length < endlessBytes) {
      this.#partial = Buffer.from(line) // a copy, lest a few bytes keep the whole chunk in memory
      return undefined
    }
    this.#partial = nothing
    this.#length = 0
    return this.#hearers.onLine(line)
  }

  /** The line so far, no longer than it takes to see that it is too long. */
  #append(bytes: Buffer): Buffer {
    const room = longestLine + 1 - this.#partial.length
    const more = bytes.length > room ? bytes.subarray(0, room) : bytes
    return this.#partial.length ? Buffer.concat([this.#partial, more]) : more
  }

  /** The middle of a message, which is most of all traffic, costs no promise. */
  #takeData(intake: MessageIntake): Promise<void> | undefined {
    const chunk = this.#ahead
    this.#ahead = nothing
    this.#hearers.onData(chunk.length)
    const taken = intake.write(chunk)
    const isOver = taken?.rest !== undefined || intake.isHopeless
    return isOver ? this.#finish(intake, taken) : taken?.wait
  }

  #finish(intake: MessageIntake, taken: Taken | undefined): Promise<void> {
    this.#intake = undefined
    this.#ahead = leftOf(taken?.rest)
    const { wait } = taken ?? {}
    return wait ? wait.then(() => this.#hearers.onMessage(intake)) : this.#hearers.onMessage(intake)
  }
}

/** An empty rest would keep the whole chunk in memory, for as long as the client is silent. */
function leftOf(rest: Buffer | undefined): Buffer {
  return rest?.length ? rest : nothing
}
