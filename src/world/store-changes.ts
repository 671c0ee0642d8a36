import { notACounter } from './store-values.ts'

/** What is to be written to a key. */
export interface Change {
  /** What the key holds then, as far as we know: a counter, or any other value as JSON. */
  value: number | string
  /** What is added to the counter that the file holds; `undefined` when the value is set, whatever was there. */
  added: number | undefined
  /** When a value expires that begins with this change. */
  expiresAt: number
  /** When it really expires: the window of a counter may have begun before. */
  liveUntil: number
}

/** What is known of a key without the changes. */
interface Known {
  readonly value: number | string
  readonly expiresAt: number
}

/** An addition at a moment, and when a window that begins with it ends. */
interface Addition {
  readonly amount: number
  readonly nowMs: number
  readonly expiresAt: number
}

/** If they cannot be written for long, the oldest are forgotten. */
const most = 100_000

/** What has been changed since the file was last written, by key. */
export class StoreChanges {
  readonly #changes = new Map<string, Change>()

  get size(): number {
    return this.#changes.size
  }

  get(key: string): Change | undefined {
    return this.#changes.get(key)
  }

  set(key: string, value: number | string, expiresAt: number): void {
    this.#put(key, { value, added: undefined, expiresAt, liveUntil: expiresAt })
  }

  /** Adds to a counter, which is read from the file if nothing of it is known here, and returns the sum. */
  add(key: string, { amount, nowMs, expiresAt }: Addition, read: () => Known | undefined): number {
    const change = this.#changes.get(key)
    if (!change) {
      const known = read()
      const sum = counterIn(key, known?.value) + amount
      this.#put(key, { value: sum, added: amount, expiresAt, liveUntil: known?.expiresAt ?? expiresAt })
      return sum
    }
    const isLive = change.liveUntil > nowMs
    const sum = (isLive ? counterIn(key, change.value) : 0) + amount
    change.value = sum
    if (change.added !== undefined) change.added = isLive ? change.added + amount : amount
    if (!isLive) change.expiresAt = change.liveUntil = expiresAt
    return sum
  }

  /** The oldest of them. */
  first(count: number): readonly (readonly [string, Change])[] {
    return this.#changes.entries().take(count).toArray()
  }

  /** They have been written. */
  forget(changes: readonly (readonly [string, Change])[]): void {
    for (const [key] of changes) this.#changes.delete(key)
  }

  #put(key: string, change: Change): void {
    this.#changes.set(key, change)
    if (this.#changes.size > most) this.forget(this.first(1))
  }
}

function counterIn(key: string, value: number | string | undefined): number {
  if (typeof value === 'string') throw notACounter(key)
  return value ?? 0
}
