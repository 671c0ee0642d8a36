import type { Trace } from '../../src/engine/trace.ts'
import { newId } from '../../src/mail/id.ts'
import type { Known } from './find-facts.ts'

/** A transaction that a client intends. */
export interface Intent {
  readonly at: number
  readonly known: Known
  readonly session: string
  /** Which one of its session. */
  readonly number: number
  readonly recipients: readonly string[]
  /** How long the message takes. */
  readonly ms: number
  /** The client goes away before the message. */
  readonly leaves: boolean
  /** How often it has been asked to come again. */
  readonly tries: number
}

/** How clients wait until they come again, in seconds: some too short for a longer delay, and some for good. */
const waits = [70, 130, 300, 420, 700, 1800, 3600] as const
const users = 200

/** Invents intents in the order of time: new ones, some that go on in their session, and those that come again. The same each time. */
export class Plan {
  readonly #known: readonly Known[]
  readonly #meanMs: number
  readonly #random: () => number
  readonly #waiting: Intent[] = []
  #now: number

  constructor(known: readonly Known[], { start, meanMs, seed = 1 }: { start: number; meanMs: number; seed?: number }) {
    this.#known = known
    this.#meanMs = meanMs
    this.#random = generator(seed)
    this.#now = start
  }

  next(): Intent {
    const [first] = this.#waiting
    const step = Math.max(1, Math.round(-Math.log(1 - this.#random()) * this.#meanMs))
    if (first && first.at <= this.#now + step) {
      this.#waiting.shift()
      this.#now = Math.max(this.#now, first.at)
      return first
    }
    this.#now += step
    return this.#invent()
  }

  /** What has become of an intent, by which clients decide what they do next. */
  note(intent: Intent, { recipients }: Trace): void {
    const deferred = recipients.filter(({ outcome }) => outcome === 'deferred').map(({ address }) => address)
    if (deferred.length > 0 && intent.tries < 3 && this.#random() < 0.7) this.#comeAgain(intent, deferred)
    if (intent.number < 3 && !intent.leaves && this.#random() < 0.08) this.#goOn(intent)
  }

  #invent(): Intent {
    const known = this.#pick(this.#known)
    const at = this.#now
    return { at, known, session: newId(new Date(at)), number: 1, ...this.#transaction(), tries: 0 }
  }

  #transaction() {
    const leaves = this.#random() < 0.02
    const many = this.#random() < 0.7 ? 1 : 1 + Math.floor(this.#random() * 5)
    const recipients = [...new Set(Array.from({ length: many }, () => this.#recipient()))]
    return { recipients, ms: 5 + Math.floor(this.#random() * 900), leaves }
  }

  #recipient(): string {
    const roll = this.#random()
    if (roll < 0.005) return 'postmaster@our.example'
    const user = Math.floor(this.#random() * users)
    return roll < 0.05 ? `unknown${user}@our.example` : `user${user}@our.example`
  }

  #comeAgain(intent: Intent, recipients: readonly string[]): void {
    const at = intent.at + this.#pick(waits) * 1000 + Math.floor(this.#random() * 1000)
    this.#put({ ...intent, at, session: newId(new Date(at)), number: 1, recipients, tries: intent.tries + 1 })
  }

  #goOn(intent: Intent): void {
    const at = intent.at + intent.ms + 1000 + Math.floor(this.#random() * 5000)
    this.#put({ ...intent, at, number: intent.number + 1, ...this.#transaction(), tries: 0 })
  }

  #put(intent: Intent): void {
    this.#waiting.splice(this.#waiting.findLastIndex(({ at }) => at <= intent.at) + 1, 0, intent)
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T
  }
}

/** Numbers from 0 to 1 that look as if there were no order in them (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
