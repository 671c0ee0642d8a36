import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../config/load.ts'

/** The parts of a new configuration that a running process cannot take over. */
export function needsRestart(old: Configuration, now: Configuration): string[] {
  const parts = ['hostname', 'data', 'workers', 'listen', 'tls', 'limits', 'journal', 'metrics', 'queue'] as const
  return parts.filter(part => !isDeepStrictEqual(comparable(old[part]), comparable(now[part])))
}

/** Networks hold functions, which are never equal: as text they are. */
function comparable(part: unknown): unknown {
  return JSON.parse(JSON.stringify(part ?? null))
}
