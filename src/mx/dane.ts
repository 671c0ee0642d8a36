import type { Dns, Tlsa } from '../engine/dns.ts'

/** What a domain's owner says of a server's certificate by TLSA records (RFC 7672). */
export type Dane =
  | { readonly status: 'none'; readonly why: string }
  /** The server must show a certificate that fits one of the records. `base`: the name that they are of. */
  | { readonly status: 'usable'; readonly base: string; readonly records: readonly Tlsa[] }
  /** There are records, and none that we can use: encrypted, by whomever (RFC 7672, 2.2). */
  | { readonly status: 'unusable'; readonly base: string }
  | { readonly status: 'trouble'; readonly why: string }

/** The server whose records are wanted: whether the answers that lead to it are validated, and its port. */
export interface DaneServer {
  readonly name: string
  readonly secure: boolean
  readonly port: number
}

const mostAliases = 8
const digestLengths: Readonly<Record<number, number>> = { 1: 64, 2: 128 }

/** Looks for TLSA records. Nothing is asked for a host whose address is not secure: there could be no use of the answer (RFC 7672, 2.2.2). */
export async function findDane(dns: Dns, { name, secure, port }: DaneServer): Promise<Dane> {
  if (!secure) return { status: 'none', why: 'its DNS is not signed, or not validated by a resolver that we trust' }
  const bases = await baseNames(dns, name)
  if ('why' in bases) return bases
  for (const base of bases) {
    const answer = await dns.query('TLSA', `_${port}._tcp.${base}`)
    // RFC 7672, 2.1: an attacker who can suppress the answer must gain nothing by it.
    if (answer.status === 'temperror') return { status: 'trouble', why: `TLSA _${port}._tcp.${base}: ${answer.error}` }
    if (answer.status === 'found' && answer.secure) return judged(base, answer.records)
  }
  return { status: 'none', why: 'no TLSA record' }
}

function judged(base: string, all: readonly Tlsa[]): Dane {
  const records = all.filter(isUsable)
  return records.length > 0 ? { status: 'usable', base, records } : { status: 'unusable', base }
}

/** RFC 7672, 3.1: only DANE-TA and DANE-EE mean anything for SMTP. */
function isUsable({ usage, selector, matching, data }: Tlsa): boolean {
  if ((usage !== 2 && usage !== 3) || selector > 1 || matching > 2) return false
  return matching === 0 ? data.length > 0 : data.length === digestLengths[matching]
}

/** RFC 7672, 2.2.3: the name at the end of secure aliases, and then the name itself. */
async function baseNames(dns: Dns, name: string): Promise<readonly string[] | Extract<Dane, { status: 'trouble' }>> {
  let last = name
  for (let length = 0; length < mostAliases; length++) {
    const { status, records, secure, error } = await dns.query('CNAME', last)
    if (status === 'temperror') return { status: 'trouble', why: `CNAME ${last}: ${error}` }
    if (status !== 'found' || !secure) break
    last = records[0] ?? last
  }
  return [...new Set([last, name])]
}
