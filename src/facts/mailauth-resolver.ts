import type { DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import type { World } from '../engine/fact.ts'

/** Those that mailauth asks for. */
type KnownType = Exclude<DnsType, 'TLSA'>

type Readers = { readonly [T in KnownType]: (record: DnsRecords[T]) => unknown }

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

/** Longer than any record for mail. A longer one keeps mailauth busy for seconds: there are names that take the square of their length. */
const mostCharacters = 4096

/** How much of the DNS one message may use: whom we ask about what is up to the sender, and so is how long that takes. */
export interface DnsBudget {
  readonly ms: number
  readonly questions: number
}

/**
 * Our DNS as mailauth asks it, with our cache and our deadlines. Beyond the budget nothing more can be found out, which is
 * an answer: a message that takes too long is judged without it, rather than not at all.
 */
export function mailauthResolver(
  { dns, signal }: Pick<World, 'dns'> & { readonly signal: AbortSignal },
  budget: DnsBudget,
): MailauthResolver {
  // A clock, not a signal: what is on its way has a deadline of its own, and nothing is set up for the many that need no budget.
  const until = performance.now() + budget.ms
  let left = budget.questions
  return async (name, type) => {
    if (!isKnown(type)) throw coded('ENODATA', name)
    left -= 1
    if (left < 0 || performance.now() > until) throw coded('ESERVFAIL', `${name}: too much to ask for one message`)
    return read(type, name, await dns.query(type, name.replace(/\.$/, ''), signal))
  }
}

function isKnown(type: string): type is KnownType {
  return Object.hasOwn(readers, type)
}

function read<T extends KnownType>(type: T, name: string, answer: DnsAnswer<DnsRecords[T]>): unknown[] {
  const records = answer.records.filter(record => typeof record !== 'string' || record.length <= mostCharacters)
  if (records.length > 0) return records.map(record => readers[type](record))
  if (answer.status === 'nxdomain') throw coded('ENOTFOUND', name)
  if (answer.status !== 'temperror') throw coded('ENODATA', name)
  throw coded('ESERVFAIL', `${name}: ${answer.error ?? 'no answer'}`)
}

/** An error only in name: an answer like others, of which each message has several. To note where it comes from takes longest of all. */
function coded(code: string, message: string): Error {
  return Object.assign(Object.create(Error.prototype), { code, message })
}
