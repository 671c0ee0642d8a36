import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'

/** What one name holds. `temperror` is a name, or a type, about which nothing can be found out. */
export type ZoneEntry = 'temperror' | { readonly [T in DnsType]?: readonly DnsRecords[T][] | 'temperror' }

/**
 * A piece of the DNS as a literal: `{ 'example.org': { A: ['192.0.2.1'] } }`. `*.example.org` stands for all names
 * below that have no entry of their own. It is read anew for each question, so a test may change it.
 */
export type Zone = Readonly<Record<string, ZoneEntry>>

export interface ZoneDns extends Dns {
  /** What has been asked, in order: `A example.org`. */
  readonly questions: readonly string[]
}

/** A DNS that knows only what a literal says. */
export function zoneDns(zone: Zone): ZoneDns {
  const questions: string[] = []
  return {
    questions,
    async query(type, name) {
      questions.push(`${type} ${name}`)
      return answer(zone, type, name)
    },
  }
}

function answer<T extends DnsType>(zone: Zone, type: T, name: string): DnsAnswer<DnsRecords[T]> {
  const entry = zone[name] ?? wildcard(zone, name)
  if (entry === undefined) return nothing(Object.keys(zone).some(other => other.endsWith(`.${name}`)) ? 'nodata' : 'nxdomain')
  const records: readonly DnsRecords[T][] | 'temperror' | undefined = entry === 'temperror' ? entry : entry[type]
  if (records === 'temperror') return { ...nothing('temperror'), error: `SERVFAIL for ${name}` }
  if (records === undefined || records.length === 0) return nothing('nodata')
  return { status: 'found', records, ttlSeconds: 300, secure: false }
}

function wildcard(zone: Zone, name: string): ZoneEntry | undefined {
  const parents = name.split('.').map((_, at, labels) => labels.slice(at + 1).join('.'))
  return parents.map(parent => zone[`*.${parent}`]).find(entry => entry !== undefined)
}

function nothing(status: 'nodata' | 'nxdomain' | 'temperror'): DnsAnswer<never> {
  return { status, records: [], ttlSeconds: 300, secure: false }
}
