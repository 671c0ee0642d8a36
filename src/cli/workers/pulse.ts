import { aliveMs, type Timings } from './timings.ts'

/** Watches for the signs of life of one worker, from the first on. */
export class Pulse {
  readonly #timer: NodeJS.Timeout
  #heardAt: number | undefined

  constructor({ silentMs }: Pick<Timings, 'silentMs'>, onSilence: (silentMs: number) => void) {
    let lookedAt = performance.now()
    const look = () => {
      const now = performance.now()
      // Who has slept himself, with the whole machine perhaps, has heard nobody.
      if (now - lookedAt > 4 * aliveMs) this.#heardAt &&= now
      lookedAt = now
      if (this.#heardAt === undefined || now - this.#heardAt < silentMs) return
      this.stop()
      onSilence(silentMs)
    }
    this.#timer = setInterval(look, aliveMs).unref()
  }

  beat(): void {
    this.#heardAt = performance.now()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
