import { AggregatorRegistry } from 'prom-client'
import type { MetricJson } from './page.ts'

/** What a process has counted, and whether it can take mail: plain data that may go from one process to another. */
export interface Report {
  readonly metrics: readonly MetricJson[]
  /** Why mail should rather go elsewhere: empty when all is well, absent when the process takes none. */
  readonly unready?: readonly string[]
}

/** The text format of Prometheus, and its content type. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** The reports of all processes as one. */
export async function expose(reports: readonly Report[]): Promise<Exposition> {
  const registry = AggregatorRegistry.aggregate(reports.map(({ metrics }) => [...metrics]))
  return { contentType: registry.contentType, text: await registry.metrics() }
}

/** Why no mail should come here; empty as long as one process can take it. */
export function whyUnready(reports: readonly Report[]): readonly string[] {
  const taking = reports.flatMap(({ unready }) => (unready ? [unready] : []))
  if (taking.some(reasons => reasons.length === 0)) return []
  return taking.length === 0 ? ['no process takes mail'] : [...new Set(taking.flat())]
}
