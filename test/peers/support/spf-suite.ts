import type { Zone, ZoneRecords } from '../../../fixtures/dns-server.ts'

/** One question of a suite of mail-auth, and the DNS in which it is asked. */
export interface SpfCase {
  readonly name: string
  readonly zone: Zone
  readonly helo: string
  readonly sender: string
  readonly ip: string
  readonly expect: string
}

/**
 * Reads a suite of mail-auth. It looks like YAML and is not quite: keys come again and again, each `expect` closes a
 * question about what stood above it, and records hold until others of their kind and name replace them.
 */
export function readSpfSuite(text: string): SpfCase[] {
  return text.split(/^---$/m).flatMap(readGroup)
}

function readGroup(text: string): SpfCase[] {
  const cases: SpfCase[] = []
  const records: Recorded[] = []
  const said: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^[ -]*(\w+):\s*(.*?)\s*$/.exec(line) ?? []
    if (value === '') continue
    if (key === 'expect') cases.push(caseOf(said, value, records))
    else if (key in writers) replace(records, { type: key, ...nameAndValue(key, value) })
    else said[key] = value
  }
  return cases
}

interface Recorded {
  readonly type: string
  readonly name: string
  readonly value: string
}

function nameAndValue(type: string, text: string) {
  const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(text) ?? []
  return { name: type === 'ptr' ? pointerName(name) : name, value }
}

function replace(records: Recorded[], record: Recorded): void {
  const at = records.findIndex(({ type, name }) => type === record.type && name === record.name)
  records.splice(at === -1 ? records.length : at, at === -1 ? 0 : 1, record)
}

function caseOf(said: Readonly<Record<string, string>>, expect: string, records: readonly Recorded[]): SpfCase {
  const { name = '', ip = '', domain = '', sender = '' } = said
  return { name, ip, helo: domain, sender, expect, zone: zoneOf(records) }
}

type Writer = (record: Recorded) => Zone

const list = (text: string) => text.split(',').map(part => part.trim())
const addresses = (ips: readonly string[]): ZoneRecords => {
  const [A, AAAA] = [ips.filter(ip => !ip.includes(':')), ips.filter(ip => ip.includes(':'))]
  return { ...(A.length > 0 && { A }), ...(AAAA.length > 0 && { AAAA }) }
}

const writers: Readonly<Record<string, Writer>> = {
  spf: ({ name, value }) => ({ [name]: { TXT: [value] } }),
  a: ({ name, value }) => ({ [name]: addresses(list(value)) }),
  aaaa: ({ name, value }) => ({ [name]: addresses(list(value)) }),
  ptr: ({ name, value }) => ({ [name]: { PTR: list(value) } }),
  // The suite gives addresses where the DNS has names.
  mx: ({ name, value }) => ({
    [name]: { MX: list(value).map((_, at) => ({ preference: at, exchange: `mx${at}.exchange.${name}` })) },
    ...Object.fromEntries(list(value).map((ip, at) => [`mx${at}.exchange.${name}`, addresses([ip])])),
  }),
}

function zoneOf(records: readonly Recorded[]): Zone {
  // A name of which the suite's own DNS knows nothing but an error.
  const zone: Record<string, ZoneRecords | 'SERVFAIL'> = { '_dns_error.test.org': 'SERVFAIL' }
  for (const record of records) {
    for (const [name, entry] of Object.entries(writers[record.type]?.(record) ?? {})) {
      zone[name] = { ...(zone[name] as ZoneRecords | undefined), ...(entry as ZoneRecords) }
    }
  }
  return zone
}

function pointerName(ip: string): string {
  if (!ip.includes(':')) return `${ip.split('.').reverse().join('.')}.in-addr.arpa`
  const [head = '', tail = ''] = ip.split('::')
  const groups = (text: string) => text.split(':').filter(Boolean)
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array(missing).fill('0'), ...groups(tail)].map(group => group.padStart(4, '0')).join('')
  return `${[...all].reverse().join('.')}.ip6.arpa`
}
