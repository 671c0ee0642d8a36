import { deadline } from './deadline.ts'
import type { Fact, World } from './fact.ts'
import type { Phase } from './phase.ts'
import type { FactEntry } from './trace.ts'

const defaultTimeoutMs = 10_000

/** One fact, being found or found already. */
interface Finding {
  readonly promise: Promise<unknown>
  /** Filled in once it is known, so that a rule need not wait for what is there. */
  value?: { readonly is: unknown }
}

/**
 * The facts found so far. There is one of these per connection, per greeting, per transaction
 * and per recipient; a fact is kept where it belongs and looked up at most once.
 */
export class Findings {
  readonly #phases: readonly Phase[]
  readonly #world: World
  readonly #outer: Findings | undefined
  readonly #found = new Map<string, Finding>()
  readonly #entries: FactEntry[] = []

  constructor(phases: readonly Phase[], world: World, outer?: Findings) {
    this.#phases = phases
    this.#world = world
    this.#outer = outer
  }

  /** What was found here, without what the outer findings hold. */
  get own(): readonly FactEntry[] {
    return this.#entries
  }

  get entries(): readonly FactEntry[] {
    return this.#outer ? [...this.#outer.entries, ...this.#entries] : this.#entries
  }

  /** The value of a fact that has been found already. */
  known(fact: Fact): { readonly is: unknown } | undefined {
    return this.#home(fact).#found.get(fact.name)?.value
  }

  get<T>(fact: Fact<T>, known: object, asking: readonly string[] = []): Promise<T> {
    if (asking.includes(fact.name)) throw new Error(`Facts need each other: ${[...asking, fact.name].join(' -> ')}`)
    const home = this.#home(fact)
    const found = home.#found.get(fact.name) ?? home.#start(fact, known, [...asking, fact.name])
    return found.promise as Promise<T> // A fact's name stands for its type.
  }

  #home(fact: Fact): Findings {
    if (this.#phases.includes(fact.since)) return this
    if (!this.#outer) throw new Error(`The fact ${fact.name} is not known yet`)
    return this.#outer.#home(fact)
  }

  #start(fact: Fact, known: object, asking: readonly string[]): Finding {
    const finding: Finding = { promise: this.#find(fact, known, asking) }
    this.#found.set(fact.name, finding)
    finding.promise.then(is => (finding.value = { is })).catch(() => {}) // reported when a rule asks for it
    return finding
  }

  async #find(fact: Fact, known: object, asking: readonly string[]): Promise<unknown> {
    const started = performance.now()
    const note = (outcome: { value: unknown } | { error: string }) =>
      this.#entries.push({ fact: fact.name, ...outcome, ms: Math.round(performance.now() - started) })
    try {
      const value = await deadline(fact.name, fact.timeoutMs ?? defaultTimeoutMs, signal =>
        // Which phase a fact is from has been checked where it was defined: here all of them are one type.
        fact.find(known as never, { ...this.#world, signal, fact: other => this.get(other as Fact<never>, known, asking) }),
      )
      note({ value })
      return value
    } catch (error) {
      note({ error: String(error) })
      throw error
    }
  }
}
