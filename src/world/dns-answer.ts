import type { DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { negativeTtl, readers, readHost } from './dns-records.ts'
import { isOfQuestion, type RawRecord, type Reply, readReply, typeNumbers } from './dns-wire.ts'

/** What a reply means for the one who asked. */
export interface Asked<T extends DnsType> {
  readonly type: T
  /** In lower case, without the final dot. */
  readonly name: string
  /** Whether the server may tell us that an answer is secure. */
  readonly trustAd: boolean
}

const NOERROR = 0
const NXDOMAIN = 3
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const longestChain = 16

/** Could not find out, and why. */
export function temperror(error: string): DnsAnswer<never> {
  return { status: 'temperror', records: [], ttlSeconds: 0, secure: false, error }
}

/** Reads a reply to our question. A reply that makes no sense is a temperror like any other trouble. */
export function readAnswer<T extends DnsType>(packet: Buffer, asked: Asked<T>): DnsAnswer<DnsRecords[T]> {
  try {
    return interpret(readReply(packet), asked)
  } catch (error) {
    // Every reader of the wire throws RangeErrors, as Buffer does, at the first byte that does not fit.
    if (error instanceof RangeError) return temperror(`malformed answer: ${error.message}`)
    throw error
  }
}

function interpret<T extends DnsType>(reply: Reply, asked: Asked<T>): DnsAnswer<DnsRecords[T]> {
  if (reply.rcode !== NOERROR && reply.rcode !== NXDOMAIN) return temperror(codes[reply.rcode] ?? `rcode ${reply.rcode}`)
  if (reply.truncated) return temperror('the answer is truncated, even over TCP')
  const chain = followChain(reply, asked)
  if (!chain) return temperror(`more than ${longestChain} CNAMEs`)
  const secure = asked.trustAd && reply.authentic
  // RFC 6604, 3: with a chain of CNAMEs the response code is about its last name.
  if (chain.records.length === 0 || reply.rcode === NXDOMAIN) return negative(reply, chain.ttlSeconds, secure)
  const records = chain.records.map(record => readers[asked.type](reply, record))
  return { status: 'found', records, ttlSeconds: leastTtl(chain.records, chain.ttlSeconds), secure }
}

interface Chain {
  /** The records asked for, of the name at the chain's end. */
  readonly records: readonly RawRecord[]
  /** The least TTL of the CNAMEs on the way. */
  readonly ttlSeconds: number
}

function followChain(reply: Reply, asked: Asked<DnsType>): Chain | undefined {
  const { answers } = reply
  const number = typeNumbers[asked.type]
  const direct = answers.filter(record => record.type === number && ownerOf(record, reply, asked) === asked.name)
  const isAlias = direct.length === 0 && answers.some(({ type }) => type === typeNumbers.CNAME)
  return isAlias ? followAliases(reply, asked) : { records: direct, ttlSeconds: Number.POSITIVE_INFINITY }
}

/** The records may come in any order. Each owner is read once: there may be a thousand. */
function followAliases(reply: Reply, asked: Asked<DnsType>): Chain | undefined {
  const number = typeNumbers[asked.type]
  const links = reply.answers.filter(({ type }) => type === number || type === typeNumbers.CNAME)
  const owned = Map.groupBy(links, record => ownerOf(record, reply, asked))
  let owner = asked.name
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (let length = 0; length <= longestChain; length += 1) {
    const here = owned.get(owner) ?? []
    const records = here.filter(({ type }) => type === number)
    const alias = here.find(({ type }) => type === typeNumbers.CNAME)
    if (records.length > 0 || !alias) return { records, ttlSeconds }
    owner = readHost(reply, alias)
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds)
  }
  return undefined
}

function ownerOf(record: RawRecord, { packet, names }: Reply, { name }: Asked<DnsType>): string {
  return isOfQuestion(packet, record) ? name : names.read(record.owner)
}

function negative({ packet, rcode, soa }: Reply, chainTtl: number, secure: boolean): DnsAnswer<never> {
  // RFC 2308, 5: without an SOA nobody says how long the answer holds.
  const ttlSeconds = soa ? Math.min(chainTtl, negativeTtl(packet, soa)) : 0
  return { status: rcode === NXDOMAIN ? 'nxdomain' : 'nodata', records: [], ttlSeconds, secure }
}

function leastTtl(records: readonly RawRecord[], start: number): number {
  return records.reduce((least, record) => Math.min(least, record.ttlSeconds), start)
}
