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

/** A next hop that could not be reached a minute ago may be back: without mail nobody would find out. */
const troubleMs = 60_000

/** How long everything took, and whether the next hops are there. */
export class Timed implements Meter {
  readonly #phases = new Series(inSeconds)
  readonly #facts = new Series(inSeconds)
  readonly #factErrors = new Counts()
  readonly #hops = new Series(inSeconds)
  readonly #connects = new Counts()
  /** When a hop was last found unreachable; no more once it was reached. */
  readonly #downSince = new Map<string, number>()

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
    if (trouble === undefined) this.#downSince.delete(name)
    else this.#downSince.set(name, performance.now())
  }

  /** Whether the last connection to a hop failed, less than a minute ago. */
  isDown(name: string): boolean {
    const since = this.#downSince.get(name)
    return since !== undefined && performance.now() - since < troubleMs
  }

  writeTo(page: Page): void {
    page.distributions(timed.phases, this.#phases)
    page.distributions(timed.facts, this.#facts)
    page.counts(timed.factErrors, this.#factErrors)
    page.distributions(timed.hops, this.#hops)
    page.counts(timed.connects, this.#connects)
  }
}
