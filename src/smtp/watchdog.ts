import type { Limits } from './limits.ts'

type WatchdogLimits = Pick<
  Limits,
  'commandMs' | 'tlsHandshakeMs' | 'dataBlockMs' | 'dataBytesPerSecond' | 'sessionMs' | 'answerMs' | 'messageAnswerMs'
>

/** A limit of a wait. */
export type WaitLimit = keyof WatchdogLimits

/** The limits that are in force now, and those that may be soon. */
interface WatchdogPace {
  readonly limits: WatchdogLimits
  readonly strict: WatchdogLimits
}

/** Whose turn it is: the client's, with a command, a handshake or a message; ours, with an answer; or nobody's. */
type Turn = 'command' | 'handshake' | 'data' | 'answer' | 'message answer' | 'nobody'

/** Watches that a client does not keep us waiting, nor we a client. A byte now and then does not count as progress. */
export class Watchdog {
  readonly #pace: WatchdogPace
  readonly #onLate: (limit: WaitLimit) => void
  #turn: Turn = 'nobody'
  /** When the turn began. */
  #since = performance.now()
  /** When the last transaction was completed, or the session began. */
  #progress = this.#since
  #lastBlock = this.#since
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(pace: WatchdogPace, onLate: (limit: WaitLimit) => void) {
    this.#pace = pace
    this.#onLate = onLate
  }

  expect(turn: Exclude<Turn, 'nobody'>): void {
    this.#turn = turn
    this.#since = this.#lastBlock = performance.now()
    this.#bytes = 0
    // A timer that runs already is soon enough: it looks again when it fires.
    this.#timer ??= this.#setTimer()
  }

  /** A piece of a message has come. */
  noteData(bytes: number): void {
    this.#bytes += bytes
    this.#lastBlock = performance.now()
  }

  noteTransaction(): void {
    this.#progress = performance.now()
  }

  /** How long the client has said nothing in its turn, with no message under way. */
  get idleMs(): number {
    return this.#turn === 'command' ? performance.now() - this.#since : 0
  }

  stop(): void {
    this.#turn = 'nobody'
    clearTimeout(this.#timer)
  }

  #deadline(): number {
    const { commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs } = this.#pace.limits
    if (this.#turn === 'answer') return this.#since + answerMs
    if (this.#turn === 'message answer') return this.#since + messageAnswerMs
    if (this.#turn === 'handshake') return this.#since + tlsHandshakeMs
    if (this.#turn === 'command') return Math.min(this.#since + commandMs, this.#progress + sessionMs)
    return dataBlockMs + Math.min(this.#lastBlock, this.#onAverage)
  }

  /** When as much as has come must have come on average. */
  get #onAverage(): number {
    const { dataBytesPerSecond } = this.#pace.limits
    return dataBytesPerSecond > 0 ? this.#since + (this.#bytes / dataBytesPerSecond) * 1000 : Number.POSITIVE_INFINITY
  }

  /** The limit that the deadline comes from. */
  #limit(): WaitLimit {
    const { commandMs, sessionMs } = this.#pace.limits
    if (this.#turn === 'answer') return 'answerMs'
    if (this.#turn === 'message answer') return 'messageAnswerMs'
    if (this.#turn === 'handshake') return 'tlsHandshakeMs'
    if (this.#turn === 'command') return this.#since + commandMs <= this.#progress + sessionMs ? 'commandMs' : 'sessionMs'
    return this.#lastBlock <= this.#onAverage ? 'dataBlockMs' : 'dataBytesPerSecond'
  }

  #setTimer(): NodeJS.Timeout {
    // Nothing must be noticed late because the timer was set for something later, or before we came under stress.
    const { commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs } = this.#pace.strict
    const longest = Math.min(commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs)
    const left = Math.ceil(this.#deadline() - performance.now())
    return setTimeout(() => this.#look(), Math.max(1, Math.min(left, longest))).unref()
  }

  #look(): void {
    this.#timer = undefined
    if (this.#turn === 'nobody') return
    if (performance.now() < this.#deadline()) this.#timer = this.#setTimer()
    else this.#onLate(this.#limit())
  }
}
