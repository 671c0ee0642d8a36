/** Lets so many in at a time, and so many wait: what costs memory and a processor is done for nobody without end. */
export class Gate {
  readonly #most: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor({ most, waiting }: { readonly most: number; readonly waiting: number }) {
    this.#most = most
    this.#mostWaiting = waiting
  }

  /** Does the work when its turn comes; undefined when too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#inside >= this.#most) {
      if (this.#waiting.length >= this.#mostWaiting) return undefined
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    } else this.#inside++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#inside--
    }
  }
}
