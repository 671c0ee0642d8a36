import ipaddr from 'ipaddr.js'
import type { DnsRecords, DnsType, Tlsa } from '../engine/dns.ts'
import { skipName } from './dns-name.ts'
import type { RawRecord, Reply } from './dns-wire.ts'

type Reader<T> = (reply: Reply, record: RawRecord) => T

/** How the data of each type of record is read. All throw a RangeError on data that is no such record. */
export const readers: { readonly [T in DnsType]: Reader<DnsRecords[T]> } = {
  A: ({ packet }, record) => readAddress(packet, record, 4),
  AAAA: ({ packet }, record) => readAddress(packet, record, 16),
  TXT: readText,
  MX: (reply, { start, end }) => ({
    preference: reply.packet.readUInt16BE(start),
    exchange: readWholeName(reply, start + 2, end),
  }),
  PTR: readHost,
  NS: readHost,
  CNAME: readHost,
  TLSA: readTlsa,
}

/** The name that a CNAME, PTR or NS record leads to. */
export function readHost(reply: Reply, { start, end }: RawRecord): string {
  return readWholeName(reply, start, end)
}

/** For how long a negative answer holds: the lesser of the SOA's own TTL and its minimum field (RFC 2308, 5). */
export function negativeTtl(packet: Buffer, soa: RawRecord): number {
  const numbers = skipName(packet, skipName(packet, soa.start))
  if (numbers + 20 !== soa.end) throw new RangeError('an SOA record has the wrong length')
  return Math.min(soa.ttlSeconds, packet.readUInt32BE(numbers + 16))
}

function readWholeName({ packet, names }: Reply, start: number, end: number): string {
  if (skipName(packet, start) !== end) throw new RangeError('a name does not end with its record')
  return names.read(start)
}

function readAddress(packet: Buffer, { start, end }: RawRecord, size: 4 | 16): string {
  if (end - start !== size) throw new RangeError('an address has the wrong length')
  if (size === 4) return `${packet[start]}.${packet[start + 1]}.${packet[start + 2]}.${packet[start + 3]}`
  return ipaddr.fromByteArray([...packet.subarray(start, end)]).toString()
}

/** RFC 6698, 2.1. */
function readTlsa({ packet }: Reply, { start, end }: RawRecord): Tlsa {
  if (end - start < 3) throw new RangeError('a TLSA record is too short')
  const [usage = 0, selector = 0, matching = 0] = packet.subarray(start, start + 3)
  return { usage, selector, matching, data: packet.toString('hex', start + 3, end) }
}

/** RFC 7208, 3.3, and RFC 6376, 3.6.2.2: the strings of a record are joined without anything in between. */
function readText({ packet }: Reply, { start, end }: RawRecord): string {
  let text = ''
  for (let at = start; at < end; ) {
    const stringEnd = at + 1 + packet.readUInt8(at)
    if (stringEnd > end) throw new RangeError('a string ends behind its record')
    text += packet.toString('latin1', at + 1, stringEnd)
    at = stringEnd
  }
  return text
}
