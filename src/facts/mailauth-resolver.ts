import type { DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import type { World } from '../engine/fact.ts'

type Readers = { readonly [T in DnsType]: (record: DnsRecords[T]) => unknown }

/** Records in the shape of `dns.promises.resolve`, which is what mailauth reads. */
const readers: Readers = {
  A: record => record,
  AAAA: record => record,
  CNAME: record => record,
  TXT: record => [record],
  MX: ({ preference, exchange }) => ({ priority: preference, exchange }),
  PTR: record => record,
  NS: record => record,
}

/** Our DNS as mailauth asks it, with our cache and our deadlines. */
export function mailauthResolver({ dns, signal }: Pick<World, 'dns'> & { readonly signal: AbortSignal }): MailauthResolver {
  return async (name, type) => {
    if (!isKnown(type)) throw coded('ENODATA', name)
    return read(type, name, await dns.query(type, name.replace(/\.$/, ''), signal))
  }
}

function isKnown(type: string): type is DnsType {
  return Object.hasOwn(readers, type)
}

function read<T extends DnsType>(type: T, name: string, answer: DnsAnswer<DnsRecords[T]>): unknown[] {
  if (answer.status === 'found') return answer.records.map(record => readers[type](record))
  if (answer.status === 'nxdomain') throw coded('ENOTFOUND', name)
  if (answer.status === 'nodata') throw coded('ENODATA', name)
  throw coded('ESERVFAIL', `${name}: ${answer.error ?? 'no answer'}`)
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
