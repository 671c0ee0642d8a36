import { availableParallelism } from 'node:os'
import type { Settings } from './schema.ts'

/** How many processes share the work: `auto` is one for each processor that we may use. */
export function workerCount({ workers }: Pick<Settings, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers
}
