import { registeredDomain } from 'postern'
import type { ArcFinding } from 'postern/facts'
import type { Options } from './options.ts'

/**
 * The sealer that says that DMARC had passed. Everybody who has sealed after it must be trusted too: before that, the chain
 * is what an attacker has made of it.
 */
export function trustedSealer({ result, sets }: ArcFinding, { sealers }: Options): string | undefined {
  if (result !== 'pass') return undefined
  const firstStranger = sets.findLastIndex(({ sealer }) => !isTrusted(sealer, sealers))
  return sets.slice(firstStranger + 1).find(({ dmarc }) => dmarc === 'pass')?.sealer
}

function isTrusted(sealer: string, sealers: Options['sealers']): boolean {
  return sealers.find(sealer) !== undefined || sealers.find(registeredDomain(sealer)) !== undefined
}
