import { inTime, TimeoutError } from './deadline.ts'
import type { Dns } from './dns.ts'
import type { Fact, Look, World } from './fact.ts'
import { type Notes, NotingDns } from './noting-dns.ts'
import type { Phase } from './phase.ts'
import type { FactEntry, Lookup } from './trace.ts'

const defaultTimeoutMs = 10_000

/** One fact, being found or found already. */
interface Finding extends Notes {
  promise: Promise<unknown>
  /** Filled in once it is known, so that a rule need not wait for what is there. */
  value?: { readonly is: unknown }
  /** Whether it has asked the DNS, or another fact that has. */
  restsOnDns: boolean
}

/** The world as one fact sees it, in which it is noticed what the fact rests on. */
class Glance implements Look<Phase> {
  readonly now: () => Date
  readonly #dns: Dns
  #noting: NotingDns | undefined
  readonly #finding: Finding
  readonly #ask: (other: Fact) => Finding
  #abort: AbortController | undefined

  constructor(world: World, finding: Finding, ask: (other: Fact) => Finding) {
    this.now = world.now
    this.#dns = world.dns
    this.#finding = finding
    this.#ask = ask
  }

  get dns(): Dns {
    this.#finding.restsOnDns = true
    this.#noting ??= new NotingDns(this.#dns, this.#finding)
    return this.#noting
  }

  /** Made when somebody asks for it: most facts take no notice of it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** A property, since facts take it out of its object. */
  readonly fact = async <T>(other: Fact<T, never>): Promise<T> => {
    const asked = this.#ask(other as unknown as Fact) // Which phase it is from was checked where it was defined.
    const value = await asked.promise
    this.#finding.restsOnDns ||= asked.restsOnDns
    return value as T // A fact's name stands for its type.
  }

  /** Nobody waits for it any more. */
  stop(why: Error): void {
    this.#abort?.abort(why)
  }
}

/**
 * The facts found so far. There is one of these per connection, per greeting, per transaction
 * and per recipient; a fact is kept where it belongs and looked up at most once.
 */
export class Findings {
  readonly #phases: readonly Phase[]
  readonly #world: World
  readonly #outer: Findings | undefined
  /** Made with the first fact: an idle connection has three of these. */
  #found: Map<string, Finding> | undefined
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

  /** What was asked here, without what the outer findings hold. */
  get ownLookups(): readonly Lookup[] {
    const lookups: Lookup[] = []
    for (const finding of this.#found?.values() ?? []) if (finding.lookups) lookups.push(...finding.lookups)
    return lookups
  }

  get lookups(): readonly Lookup[] {
    return this.#outer ? [...this.#outer.lookups, ...this.ownLookups] : this.ownLookups
  }

  /** The value of a fact that has been found already. */
  known(fact: Fact): { readonly is: unknown } | undefined {
    return this.#home(fact).#found?.get(fact.name)?.value
  }

  /** Whether what was found rests on answers of the DNS. */
  restsOnDns(fact: Fact): boolean {
    return this.#home(fact).#found?.get(fact.name)?.restsOnDns ?? false
  }

  get<T>(fact: Fact<T>, known: object, asking: readonly string[] = []): Promise<T> {
    return this.#finding(fact, known, asking).promise as Promise<T> // A fact's name stands for its type.
  }

  #finding(fact: Fact, known: object, asking: readonly string[]): Finding {
    if (asking.includes(fact.name)) throw new Error(`Facts need each other: ${[...asking, fact.name].join(' -> ')}`)
    const home = this.#home(fact)
    return home.#found?.get(fact.name) ?? home.#start(fact, known, [...asking, fact.name])
  }

  #home(fact: Fact): Findings {
    if (this.#phases.includes(fact.since)) return this
    if (!this.#outer) throw new Error(`The fact ${fact.name} is not known yet`)
    return this.#outer.#home(fact)
  }

  #start(fact: Fact, known: object, asking: readonly string[]): Finding {
    const finding: Finding = { fact: fact.name, promise: nothing, restsOnDns: false, lookups: undefined }
    this.#found ??= new Map()
    this.#found.set(fact.name, finding)
    const glance = new Glance(this.#world, finding, other => this.#finding(other, known, asking))
    const started = performance.now()
    try {
      // Which phase a fact is from has been checked where it was defined: here all of them are one type.
      const value = fact.find(known as never, glance)
      if (value instanceof Promise) finding.promise = this.#await(fact, finding, { value, glance, started })
      else finding.promise = Promise.resolve(this.#know(fact, finding, value, started))
    } catch (error) {
      finding.promise = this.#fail(fact, error, started)
    }
    return finding
  }

  #know(fact: Fact, finding: Finding, value: unknown, started: number): unknown {
    finding.value = { is: value }
    this.#note(fact, { value }, started)
    return value
  }

  #await(fact: Fact, finding: Finding, { value, glance, started }: Awaited): Promise<unknown> {
    const promise = inTime(fact.name, fact.timeoutMs ?? defaultTimeoutMs, value).then(
      value => this.#know(fact, finding, value, started),
      error => {
        if (error instanceof TimeoutError) glance.stop(error)
        return this.#fail(fact, error, started)
      },
    )
    promise.catch(() => {}) // reported when a rule asks for it
    return promise
  }

  #fail(fact: Fact, error: unknown, started: number): Promise<never> {
    this.#note(fact, { error: String(error) }, started)
    const failed = Promise.reject(error)
    failed.catch(() => {}) // reported when a rule asks for it
    return failed
  }

  #note(fact: Fact, outcome: { value: unknown } | { error: string }, started: number): void {
    const ms = performance.now() - started
    this.#entries.push({ fact: fact.name, ...outcome, ms: Math.round(ms) })
    this.#world.meter?.fact(fact.name, ms, 'value' in outcome)
  }
}

const nothing = Promise.resolve()

/** A fact that is on its way. */
interface Awaited {
  readonly value: Promise<unknown>
  readonly glance: Glance
  readonly started: number
}
