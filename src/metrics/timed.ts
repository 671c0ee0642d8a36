import type { HopStep, Meter } from '../engine/meter.ts'
import type { Phase } from '../engine/phase.ts'
import { inSeconds } from './distribution.ts'
import { counter, histogram } from './family.ts'
import type { Page } from './page.ts'
import { Counts, Series } from './series.ts'

export const timed = {
  phases: histogram(
    'postern_phase_seconds',
    'How long the rules of a phase took with all that they looked up; `delivery` is the next hop taking the message.',
    'phase',
  ),
  facts: histogram('postern_fact_seconds', 'How long it took to find out a fact.', 'fact'),
  factErrors: counter(
    'postern_fact_errors_total',
    'Facts that could not be found out because they broke or took too long.',
    'fact',
  ),
  hops: histogram(
    'postern_next_hop_seconds',
    'How long a next hop took to be connected and greeted (connect), to answer for a recipient, or to take a message.',
    'hop',
    'step',
  ),
  connects: counter(
    'postern_next_hop_connects_total',
    'Connections to next hops that were tried: ok, or what was the trouble.',
    'hop',
    'result',
  ),
} as const

/** For so long mail had better go elsewhere: then some must come again, or nobody would find out that the hop is back. */
const troubleMs = 60_000

/** How long everything took, and whether the next hops are there. */
export class Timed implements Meter {
  readonly #phases = new Series(inSeconds)
  readonly #facts = new Series(inSeconds)
  readonly #factErrors = new Counts()
  readonly #hops = new Series(inSeconds)
  readonly #connects = new Counts()
  /** When a hop could last not be reached; without it, the last connection to it succeeded. */
  readonly #failedAt = new Map<string, number>()

  phase(phase: Phase, ms: number): void {
    this.#phases.at(phase).add(ms / 1000)
  }

  fact(name: string, ms: number, isFound: boolean): void {
    this.#facts.at(name).add(ms / 1000)
    if (!isFound) this.#factErrors.add(name)
  }

  hop(name: string, step: HopStep, ms: number): void {
    this.#hops.at(name, step).add(ms / 1000)
    if (step === 'message') this.#phases.at('delivery').add(ms / 1000)
  }

  connected(name: string, ms: number, trouble?: string): void {
    this.#hops.at(name, 'connect').add(ms / 1000)
    this.#connects.add(name, trouble ?? 'ok')
    if (trouble === undefined) this.#failedAt.delete(name)
    else this.#failedAt.set(name, performance.now())
  }

  /** Whether the last connection to a hop failed. */
  isDown(name: string): boolean {
    return this.#failedAt.has(name)
  }

  /** Whether it did so less than a minute ago. */
  hasJustFailed(name: string): boolean {
    const at = this.#failedAt.get(name)
    return at !== undefined && performance.now() - at < troubleMs
  }

  /** From now on these facts are looked up: their troubles count from zero. */
  expect(facts: readonly string[]): void {
    for (const fact of facts) this.#factErrors.at(fact)
  }

  writeTo(page: Page): void {
    page.distributions(timed.phases, this.#phases)
    page.distributions(timed.facts, this.#facts)
    page.counts(timed.factErrors, this.#factErrors)
    page.distributions(timed.hops, this.#hops)
    page.counts(timed.connects, this.#connects)
  }
}
