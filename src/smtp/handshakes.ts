import type { EdgeCounts } from '../metrics/edge.ts'

/** TLS handshakes that go on at the same time: each costs us more than the client, so there is an end to them. */
export class Handshakes {
  readonly #most: number
  #open = 0

  constructor(most: number) {
    this.#most = most
  }

  get areFull(): boolean {
    return this.#open >= this.#most
  }

  /** Counts one, until its end is told. */
  begin(counts: EdgeCounts): Handshake {
    this.#open++
    return new Handshake(counts, () => this.#open--)
  }
}

/** One of them. What is first known of its end counts. */
export class Handshake {
  readonly #counts: EdgeCounts
  readonly #onEnd: () => void
  #isOver = false

  constructor(counts: EdgeCounts, onEnd: () => void) {
    this.#counts = counts
    this.#onEnd = onEnd
  }

  succeed(version: string): void {
    if (this.#end()) this.#counts.noteHandshake(version)
  }

  fail(error: Pick<NodeJS.ErrnoException, 'code'>): void {
    if (this.#end()) this.#counts.noteHandshakeFailure(error)
  }

  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#onEnd()
    return true
  }
}
