import { fingerprint } from '../config/fingerprint.ts'
import type { Configuration } from '../config/load.ts'
import { version } from './version.ts'

/** What runs: which version, by which configuration. */
export async function buildOf(configuration: Configuration) {
  return { version: version(), configuration: await fingerprint(configuration), mode: configuration.mode }
}
