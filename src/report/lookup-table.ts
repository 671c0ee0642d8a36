import type { DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import type { Lookup } from '../engine/trace.ts'
import { alignRows } from './table.ts'
import { visible } from './visible.ts'

/** What was asked of the DNS, for which fact, what came back, and how long that may be believed. */
export function lookupTable(lookups: readonly Lookup[]): string[] {
  return alignRows(
    lookups.map(({ fact, type, name, answer }) => [
      visible(fact),
      visible(`${type} ${name}`),
      answer ? `TTL ${answer.ttlSeconds} s` : '',
      answer ? visible(told(answer)) : 'no answer in time',
    ]),
  )
}

function told({ status, records, error, secure }: DnsAnswer<DnsRecords[DnsType]>): string {
  if (status !== 'found') return error === undefined ? status : `${status}: ${error}`
  const all = records.map(record =>
    typeof record === 'string'
      ? record
      : Object.values(record)
          .map(part => (part === '' ? '.' : part)) // of a null MX
          .join(' '),
  )
  return `${all.join(' | ')}${secure ? ' (DNSSEC)' : ''}`
}
