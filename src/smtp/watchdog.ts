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

  /** The limit that is reached first in this turn, and when. */
  #next(): Due {
    const { commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs } = this.#pace.limits
    if (this.#turn === 'answer') return ['answerMs', this.#since + answerMs]
    if (this.#turn === 'message answer') return ['messageAnswerMs', this.#since + messageAnswerMs]
    if (this.#turn === 'handshake') return ['tlsHandshakeMs', this.#since + tlsHandshakeMs]
    if (this.#turn === 'data') return earlier(['dataBlockMs', this.#lastBlock + dataBlockMs], this.#onAverage)
    return earlier(['commandMs', this.#since + commandMs], ['sessionMs', this.#progress + sessionMs])
  }

  /** When more must have come than has, on average, after the time of one block. */
  get #onAverage(): Due {
    const { dataBytesPerSecond, dataBlockMs } = this.#pace.limits
    const ms = dataBytesPerSecond > 0 ? (this.#bytes / dataBytesPerSecond) * 1000 : Number.POSITIVE_INFINITY
    return ['dataBytesPerSecond', this.#since + ms + dataBlockMs]
  }

  #setTimer(): NodeJS.Timeout {
    // Nothing must be noticed late because the timer was set for something later, or before we came under stress.
    const { commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs } = this.#pace.strict
    const longest = Math.min(commandMs, tlsHandshakeMs, dataBlockMs, sessionMs, answerMs, messageAnswerMs)
    const left = Math.ceil(this.#next()[1] - performance.now())
    return setTimeout(() => this.#look(), Math.max(1, Math.min(left, longest))).unref()
  }

  #look(): void {
    this.#timer = undefined
    if (this.#turn === 'nobody') return
    const [limit, at] = this.#next()
    if (performance.now() < at) this.#timer = this.#setTimer()
    else this.#onLate(limit)
  }
}

type Due = readonly [limit: WaitLimit, at: number]

function earlier(one: Due, other: Due): Due {
  return one[1] <= other[1] ? one : other
}
