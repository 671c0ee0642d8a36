import { longestName, NameReader, nameLength, skipName, writeName } from './dns-name.ts'

/** The numbers of the record types that we read (RFC 1035, 3.2.2; RFC 3596; RFC 6698, 7.1). */
export const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 } as const

/** One record of a reply, neither its owner nor its data read yet. */
export interface RawRecord {
  /** Where the owner's name stands in the packet. */
  readonly owner: number
  /** Zero for a record of a class that is not the Internet's. */
  readonly type: number
  readonly ttlSeconds: number
  /** Where the data stands in the packet. */
  readonly start: number
  readonly end: number
}

/** A packet whose frame has been read. */
export interface Reply {
  readonly packet: Buffer
  readonly names: NameReader
  readonly rcode: number
  readonly truncated: boolean
  /** AD: the server says that it has validated the answer (RFC 4035, 3.2.3). */
  readonly authentic: boolean
  readonly answers: readonly RawRecord[]
  /** The first SOA record of the authority section, which says how long a negative answer holds. */
  readonly soa: RawRecord | undefined
}

const HEADER = 12
const IN = 1
const OPT = 41
const flag = { response: 0x8000, opcode: 0x7800, truncated: 0x0200, recursionDesired: 0x0100, authentic: 0x0020 } as const
// RFC 6891, 6.1.2: an OPT record that offers 1232 bytes, which no path fragments.
const ednsOption = Buffer.from([0, 0, OPT, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0])

/** A reply with more records is not believed. (TCP ends it at 64 KiB: its length has two bytes.) */
const maximumRecords = 1000

/**
 * A query for a recursive server, whose id is still to be filled in; `undefined` if no such name can exist. AD asks the server
 * to say whether it has validated the answer (RFC 6840, 5.7).
 */
export function encodeQuery(name: string, type: number): Buffer | undefined {
  if (name.length > longestName) return undefined
  const questionEnd = HEADER + nameLength(name) + 4
  const query = Buffer.allocUnsafe(questionEnd + ednsOption.length)
  if (!writeName(name, query, HEADER)) return undefined
  query.writeUInt16BE(flag.recursionDesired | flag.authentic, 2)
  query.writeUInt32BE(0x0001_0000, 4) // one question
  query.writeUInt32BE(0x0000_0001, 8) // one additional record
  query.writeUInt16BE(type, questionEnd - 4)
  query.writeUInt16BE(IN, questionEnd - 2)
  query.set(ednsOption, questionEnd)
  return query
}

/** Whether a packet is the reply to our query, and not a stray or a forged one: same id, same question (RFC 5452, 9.1). */
export function answersQuery(packet: Buffer, query: Buffer): boolean {
  const questionEnd = query.length - ednsOption.length
  if (packet.length < questionEnd || packet.readUInt16BE(0) !== query.readUInt16BE(0)) return false
  if ((packet.readUInt16BE(2) & (flag.response | flag.opcode)) !== flag.response || packet.readUInt16BE(4) !== 1) return false
  return query.compare(packet, HEADER, questionEnd, HEADER, questionEnd) === 0 || sameIgnoringCase(packet, query, questionEnd)
}

/** Whether the reply was too long for UDP (TC): it has to be asked for by TCP (RFC 7766). */
export function isTruncated(packet: Buffer): boolean {
  return (packet.readUInt16BE(2) & flag.truncated) !== 0
}

/** Reads the frame of a reply that answers our question. Throws a RangeError at the first thing that does not fit. */
export function readReply(packet: Buffer): Reply {
  const answerCount = packet.readUInt16BE(6)
  const authorityCount = packet.readUInt16BE(8)
  const count = answerCount + authorityCount + packet.readUInt16BE(10)
  checkCount(packet, count)
  const flags = packet.readUInt16BE(2)
  const answers: RawRecord[] = []
  let rcode = flags & 0x0f
  let soa: RawRecord | undefined
  let at = skipName(packet, HEADER) + 4
  for (let number = 0; number < count; number += 1) {
    const record = readRecord(packet, at)
    if (number < answerCount) answers.push(record)
    else if (number < answerCount + authorityCount) soa ??= record.type === typeNumbers.SOA ? record : undefined
    // RFC 6891, 6.1.3: the upper bits of the response code stand where other records have their TTL.
    else if (record.type === OPT && rcode < 0x10) rcode |= packet.readUInt8(record.start - 6) << 4
    at = record.end
  }
  const authentic = (flags & flag.authentic) !== 0
  return { packet, names: new NameReader(packet), rcode, truncated: isTruncated(packet), authentic, answers, soa }
}

/** Whether a record's owner is the name of the question, as the usual pointer says. */
export function isOfQuestion(packet: Buffer, { owner }: RawRecord): boolean {
  return packet[owner] === 0xc0 && packet[owner + 1] === HEADER
}

// A record has eleven bytes at least. Without this check a short packet could make us work for 65,535 records.
function checkCount(packet: Buffer, count: number): void {
  if (count > maximumRecords) throw new RangeError(`more than ${maximumRecords} records`)
  if (count * 11 > packet.length - HEADER) throw new RangeError('more records announced than the packet can hold')
}

function readRecord(packet: Buffer, offset: number): RawRecord {
  const fixed = skipName(packet, offset)
  const start = fixed + 10
  const end = start + packet.readUInt16BE(fixed + 8)
  if (end > packet.length) throw new RangeError('a record ends behind the packet')
  const ttl = packet.readInt32BE(fixed + 4)
  const type = packet.readUInt16BE(fixed)
  const known = packet.readUInt16BE(fixed + 2) === IN || type === OPT
  // RFC 2181, 8: a TTL with its highest bit set counts as zero.
  return { owner: offset, type: known ? type : 0, ttlSeconds: Math.max(0, ttl), start, end }
}

function sameIgnoringCase(packet: Buffer, query: Buffer, end: number): boolean {
  for (let at = HEADER; at < end; at += 1) if (lower(packet[at] ?? 0) !== lower(query[at] ?? 0)) return false
  return true
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}
