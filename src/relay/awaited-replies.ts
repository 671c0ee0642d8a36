import type { Answer, Trouble } from './server-reply.ts'

/** Somebody waits for a reply to something, until a time by `performance.now()`. */
interface Awaited {
  readonly answer: (answer: Answer) => void
  readonly what: string
  readonly ms: number
  readonly until: number
}

/**
 * The replies that a server owes us, in their order. One timer watches over all of them: most come long before it is due,
 * and then it need not be touched.
 */
export class AwaitedReplies {
  readonly #onLate: (trouble: Trouble) => void
  readonly #waiting: Awaited[] = []
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires. */
  #due = 0

  constructor(onLate: (trouble: Trouble) => void) {
    this.#onLate = onLate
  }

  /** The next reply, to `what`. */
  next(what: string, ms: number): Promise<Answer> {
    return new Promise(answer => {
      const until = performance.now() + ms
      this.#waiting.push({ answer, what, ms, until })
      this.#watch(until)
    })
  }

  /** Hands on what the server has said. False when nobody has asked. */
  take(answer: Answer): boolean {
    const first = this.#waiting.shift()
    first?.answer(answer)
    return first !== undefined
  }

  /** No more will come: that is the answer for all who wait. */
  end(trouble: Trouble): void {
    clearTimeout(this.#timer)
    for (const { answer } of this.#waiting.splice(0)) answer(trouble)
  }

  /** A timer that is set for an earlier time looks again when it fires. */
  #watch(until: number): void {
    if (this.#timer && this.#due <= until) return
    clearTimeout(this.#timer)
    this.#due = until
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(until - performance.now()))).unref()
  }

  #look(): void {
    this.#timer = undefined
    const [first] = this.#waiting
    if (!first) return
    if (performance.now() < first.until) this.#watch(first.until)
    else this.#onLate({ trouble: 'late', detail: `no answer to ${first.what} within ${first.ms} ms` })
  }
}
