import { deadline } from './deadline.ts'
import type { Fact, Look, World } from './fact.ts'
import type { Phase } from './phase.ts'
import type { FactEntry } from './trace.ts'

const defaultTimeoutMs = 10_000

/** One fact, being found or found already. */
interface Finding {
  promise: Promise<unknown>
  /** Filled in once it is known, so that a rule need not wait for what is there. */
  value?: { readonly is: unknown }
  /** Whether it has asked the DNS, or another fact that has. */
  restsOnDns: boolean
}

/** What a fact is given to look with. */
interface Glance {
  readonly finding: Finding
  readonly known: object
  readonly asking: readonly string[]
  readonly signal: AbortSignal
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

  /** Whether what was found rests on answers of the DNS. */
  restsOnDns(fact: Fact): boolean {
    return this.#home(fact).#found.get(fact.name)?.restsOnDns ?? false
  }

  get<T>(fact: Fact<T>, known: object, asking: readonly string[] = []): Promise<T> {
    return this.#finding(fact, known, asking).promise as Promise<T> // A fact's name stands for its type.
  }

  #finding(fact: Fact, known: object, asking: readonly string[]): Finding {
    if (asking.includes(fact.name)) throw new Error(`Facts need each other: ${[...asking, fact.name].join(' -> ')}`)
    const home = this.#home(fact)
    return home.#found.get(fact.name) ?? home.#start(fact, known, [...asking, fact.name])
  }

  #home(fact: Fact): Findings {
    if (this.#phases.includes(fact.since)) return this
    if (!this.#outer) throw new Error(`The fact ${fact.name} is not known yet`)
    return this.#outer.#home(fact)
  }

  #start(fact: Fact, known: object, asking: readonly string[]): Finding {
    const finding: Finding = { promise: Promise.resolve(), restsOnDns: false }
    this.#found.set(fact.name, finding)
    finding.promise = this.#find(fact, signal => this.#look({ finding, known, asking, signal }), known)
    finding.promise.then(is => (finding.value = { is })).catch(() => {}) // reported when a rule asks for it
    return finding
  }

  /** The world as one fact sees it, in which it is noticed what the fact rests on. */
  #look({ finding, known, asking, signal }: Glance): Look<Phase> {
    const { dns, now } = this.#world
    return {
      now,
      signal,
      get dns() {
        finding.restsOnDns = true
        return dns
      },
      fact: async <T>(other: Fact<T, never>) => {
        const asked = this.#finding(other, known, asking)
        const value = await asked.promise
        finding.restsOnDns ||= asked.restsOnDns
        return value as T // A fact's name stands for its type.
      },
    }
  }

  async #find(fact: Fact, look: (signal: AbortSignal) => Look<Phase>, known: object): Promise<unknown> {
    const started = performance.now()
    const note = (outcome: { value: unknown } | { error: string }) => {
      const ms = performance.now() - started
      this.#entries.push({ fact: fact.name, ...outcome, ms: Math.round(ms) })
      this.#world.meter?.fact(fact.name, ms, 'value' in outcome)
    }
    try {
      const value = await deadline(fact.name, fact.timeoutMs ?? defaultTimeoutMs, signal =>
        // Which phase a fact is from has been checked where it was defined: here all of them are one type.
        fact.find(known as never, look(signal)),
      )
      note({ value })
      return value
    } catch (error) {
      note({ error: String(error) })
      throw error
    }
  }
}
