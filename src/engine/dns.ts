/** What a question to the DNS can be about, and what one record of the answer looks like. */
export interface DnsRecords {
  A: string
  AAAA: string
  /** The strings of one record, joined; each character is one byte. */
  TXT: string
  MX: Mx
  /** A host name in lower case, without the final dot. */
  PTR: string
  NS: string
  /** Only the alias itself: the other types follow it. */
  CNAME: string
  TLSA: Tlsa
}

export type DnsType = keyof DnsRecords

export interface Mx {
  readonly preference: number
  /** In lower case, without the final dot: empty for a null MX (RFC 7505). */
  readonly exchange: string
}

/** Which certificate a server shows (RFC 6698, 2.1): the numbers as they stand in the record. */
export interface Tlsa {
  readonly usage: number
  readonly selector: number
  readonly matching: number
  /** In hexadecimal digits, lower case. */
  readonly data: string
}

/**
 * The answer to one question. `temperror` means "could not find out" (time-out, SERVFAIL, REFUSED, nonsense):
 * it says nothing about the name, and nobody may be refused for it.
 */
export interface DnsAnswer<T> {
  readonly status: 'found' | 'nodata' | 'nxdomain' | 'temperror'
  /** Empty unless found. */
  readonly records: readonly T[]
  readonly ttlSeconds: number
  /** The resolver has validated the answer (AD bit, RFC 4035), and we trust it to say so. */
  readonly secure: boolean
  /** Why it could not be found out. */
  readonly error?: string
}

export interface Dns {
  /**
   * Asks for the records of a name. Trouble is a value (`temperror`), never an exception.
   * The characters of the name are bytes (RFC 1035 allows any); domains come as A-labels. An aborted signal asks nothing more;
   * what is on its way has a deadline of its own.
   */
  query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>>
}
