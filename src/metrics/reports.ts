import { AggregatorRegistry } from 'prom-client'
import type { MetricJson } from './page.ts'
import type { Report } from './report.ts'

/**
 * What several processes have counted. What one had counted that is gone stays in the sum: a counter that falls would
 * look like a restart of them all. Who does not answer this time is counted as it last was.
 */
export class Reports {
  readonly #latest = new Map<string, Report>()
  #former: readonly MetricJson[] = []

  note(process: string, report: Report): void {
    this.#latest.set(process, report)
  }

  /** Those that have not ended; of the others only what they have counted is kept. */
  async keep(processes: readonly string[]): Promise<void> {
    for (const [process, { metrics }] of this.#latest) {
      if (processes.includes(process)) continue
      this.#latest.delete(process)
      const counted = metrics.filter(({ type }) => String(type) === 'counter' || String(type) === 'histogram')
      const sum = AggregatorRegistry.aggregate([[...this.#former], counted])
      this.#former = (await sum.getMetricsAsJSON()) as unknown as readonly MetricJson[]
    }
  }

  get all(): readonly Report[] {
    return [{ metrics: this.#former }, ...this.#latest.values()]
  }
}
