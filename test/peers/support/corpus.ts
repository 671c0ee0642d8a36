import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DnsServer, Zone, ZoneRecords } from '../../../fixtures/dns-server.ts'

export const corpora = join(import.meta.dirname, '../../../../shared/corpora')

/** For the `skip` of a test that needs files of others which are not ours to hand on. */
export function needsCorpus(name: string): string | false {
  return !existsSync(join(corpora, name)) && `needs ../shared/corpora/${name}`
}

export function readCorpus(path: string): Buffer {
  return readFileSync(join(corpora, path))
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of a file of others, which its reader names
export function readCorpusJson<T = any>(path: string): T {
  return JSON.parse(readCorpus(path).toString())
}

/** The DNS of a case, as the corpora write it: one JSON object for each name. */
export type CorpusZone = Readonly<Record<string, CorpusRecords>>

interface CorpusRecords {
  readonly TXT?: readonly string[]
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly PTR?: readonly string[]
  /** `10 mx.example.org`, or what mailauth makes of it. */
  readonly MX?: readonly (string | { readonly priority: number; readonly exchange: string })[]
  /** How questions of one type fail. */
  readonly errors?: Readonly<Record<string, 'TIMEOUT' | 'SERVFAIL' | 'NXDOMAIN' | 'NODATA'>>
}

export function zoneOf(zone: CorpusZone): Zone {
  return Object.fromEntries(Object.entries(zone).map(([name, records]) => [name.toLowerCase(), recordsOf(records)]))
}

function recordsOf({ errors = {}, MX, ...records }: CorpusRecords): ZoneRecords {
  const failures = Object.entries(errors).map(([type, error]) => [type, error === 'NODATA' ? [] : error])
  const mx = MX?.map(record =>
    typeof record === 'string' ? splitMx(record) : { preference: record.priority, exchange: record.exchange },
  )
  return { ...Object.fromEntries(failures), ...records, ...(mx && { MX: mx }) } as ZoneRecords
}

function splitMx(text: string) {
  const [preference, exchange = ''] = text.split(' ')
  return { preference: Number(preference), exchange }
}

/** What a DNS server says for one case, and no other. */
export class CaseZone {
  readonly #dns: DnsServer
  #names: readonly string[] = []

  constructor(dns: DnsServer) {
    this.#dns = dns
  }

  use(zone: Zone): void {
    for (const name of this.#names) this.#dns.set(name, undefined)
    this.#names = Object.keys(zone)
    for (const [name, entry] of Object.entries(zone)) this.#dns.set(name, entry)
  }
}
