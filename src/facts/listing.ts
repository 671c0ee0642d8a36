import type { DnsAnswer } from '../engine/dns.ts'
import { publicZone, refusalToAnswer } from './list-answer.ts'
import type { List } from './list-watch.ts'
import { isProven, isSuspended } from './watched-answer.ts'

/** What a list in the DNS says of one address, or one domain. */
export interface Listing {
  readonly status: 'listed' | 'clean' | 'unknown' | 'suspended'
  readonly codes: readonly string[]
  readonly proven: boolean
  readonly error?: string
}

/** Reads a list's answer. */
export function readListing(answer: DnsAnswer<string>, { zone, refusals, mistakes }: List): Listing {
  if (isSuspended(answer)) return none('suspended', answer.error)
  if (answer.status === 'temperror') return none('unknown', (answer.error ?? 'no answer').replaceAll(zone, publicZone(zone)))
  const meanings = { ...refusals, ...mistakes }
  const reasons = answer.records.map(code => refusalToAnswer(code, meanings)).filter(reason => reason !== undefined)
  if (reasons.length > 0) return none('unknown', reasons.join('; '))
  return { status: answer.status === 'found' ? 'listed' : 'clean', codes: answer.records, proven: isProven(answer) }
}

function none(status: 'unknown' | 'suspended', error: string): Listing {
  return { status, codes: [], proven: false, error }
}
