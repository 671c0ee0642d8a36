import type { Store } from '../engine/store.ts'
import { checkAmount, expiry, notACounter, toJson } from './store-values.ts'

interface Entry {
  /** A counter, or any other value as JSON. */
  readonly value: number | string
  readonly expiresAt: number
}

/** How much is kept. Beyond it the keys that were written longest ago go first. */
interface Bound {
  readonly most: number
}

/** A store that lives and dies with its process. */
export function memoryStore(now: () => Date, { most }: Bound = { most: 100_000 }): Store {
  return new MemoryStore(now, most)
}

/** With fewer entries it is not worth looking for those that have expired. */
const few = 10_000

class MemoryStore implements Store {
  readonly #now: () => Date
  readonly #most: number
  readonly #entries = new Map<string, Entry>()
  /** At this size what has expired is swept out. */
  #sweepAt = few

  constructor(now: () => Date, most: number) {
    this.#now = now
    this.#most = most
  }

  async get<T>(key: string): Promise<T | undefined> {
    const value = this.#current(key)?.value
    // Whoever reads a key knows what was written to it.
    return typeof value === 'string' ? JSON.parse(value) : (value as T | undefined)
  }

  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    const stored = typeof value === 'number' ? checkAmount(key, value) : toJson(key, value)
    this.#write(key, { value: stored, expiresAt: expiry(this.#now(), ttlSeconds) })
  }

  async add(key: string, amount: number, ttlSeconds: number): Promise<number> {
    const { value, expiresAt } = this.#current(key) ?? { value: 0, expiresAt: expiry(this.#now(), ttlSeconds) }
    if (typeof value !== 'number') throw notACounter(key)
    const sum = value + checkAmount(key, amount)
    this.#write(key, { value: sum, expiresAt })
    return sum
  }

  #current(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.expiresAt > this.#now().getTime() ? entry : undefined
  }

  #write(key: string, entry: Entry): void {
    // A Map keeps the order in which keys came: the first is the oldest.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size >= this.#sweepAt) this.#sweep()
    if (this.#entries.size <= this.#most) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /** Seldom enough that it costs nothing for each write. */
  #sweep(): void {
    const nowMs = this.#now().getTime()
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= nowMs) this.#entries.delete(key)
    this.#sweepAt = Math.max(few, this.#entries.size * 2)
  }
}
