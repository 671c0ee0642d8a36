/** Something that waits. */
export interface Waiting {
  /** By `performance.now()`; set by `Waits`. */
  dueAt: number
  /** Its time is up; it may be added again. */
  onDue(): void
}

/**
 * All that waits equally long, with one timer: what has come first is due first. The process lives as long as anything
 * waits, and no longer.
 */
export class Waits {
  readonly #ms: number
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  add(waiting: Waiting): void {
    waiting.dueAt = performance.now() + this.#ms
    this.#waiting.add(waiting)
    // A timer that runs already is for something that was there before, and comes early enough.
    if (!this.#timer) this.#timer = setTimeout(this.#wake, this.#ms)
    else if (this.#waiting.size === 1) this.#timer.ref()
  }

  delete(waiting: Waiting): void {
    if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#timer?.unref()
  }

  readonly #wake = (): void => {
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.dueAt > now) break
      this.#waiting.delete(waiting)
      waiting.onDue()
    }
    const [next] = this.#waiting
    this.#timer = next && setTimeout(this.#wake, Math.max(1, next.dueAt - performance.now()))
  }
}
