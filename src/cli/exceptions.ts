import type { Exception } from '../config/exception.ts'
import type { Trace } from '../engine/trace.ts'
import { parseAddress } from '../mail/address.ts'
import { registeredDomain } from '../mail/domain.ts'

/** A way to let such mail in, and what speaks for it. */
export interface Candidate extends Exception {
  readonly why: string
}

/**
 * The exceptions that could let in what was refused, the narrowest first: a domain that is proven before an address that anybody
 * can write, and that before a client, from which anything may come.
 */
export function candidatesFor(trace: Trace): Candidate[] {
  return [...byDomain(trace), ...bySender(trace), byClient(trace)]
}

function byDomain(trace: Trace): Candidate[] {
  const dmarc = factIn<{ result: string; domain: string; alignedBy: readonly string[] }>(trace, 'dmarc')
  const spf = factIn<{ result: string; domain: string }>(trace, 'spf')
  const dkim = factIn<readonly { result: string; domain: string }[]>(trace, 'dkim') ?? []
  const found: Candidate[] = []
  const add = (domain: string, why: string) => found.push({ policy: 'allow-domain', option: 'domains', entry: domain, why })
  if (dmarc?.result === 'pass')
    add(
      dmarc.domain,
      `DMARC vouches that it is from ${dmarc.domain} (by ${dmarc.alignedBy.join(' and ')}): nobody else can use it`,
    )
  else if (dmarc?.result === 'none' && dmarc.domain !== '') {
    const own = registeredDomain(dmarc.domain)
    const vouchers = [spf, ...dkim].filter(voucher => voucher?.result === 'pass' && registeredDomain(voucher.domain) === own)
    if (vouchers.length > 0)
      add(dmarc.domain, `SPF or a signature vouches that it is from ${dmarc.domain}: nobody else can use it`)
  } else if (!dmarc && spf?.result === 'pass') {
    add(spf.domain, `SPF vouches that the client may send for ${spf.domain}: nobody else can use it`)
  }
  return found
}

function bySender({ sender, ...trace }: Trace): Candidate[] {
  // Under a pseudonym it is nobody's address.
  if (!sender || sender.startsWith('~') || !parseAddress(sender)) return []
  const name = factIn<{ status: string; name?: string }>(trace, 'reverse-dns')
  const host = name?.status === 'confirmed' ? name.name : undefined
  const why = `nobody vouches for its domain, but it comes from ${host}, a host of that domain: from others the address does not count`
  return [{ policy: 'allow-sender', option: 'senders', entry: sender.toLowerCase(), why }]
}

function byClient({ session }: Trace): Candidate {
  const { ip } = session.client
  const why = `nothing vouches for its sender: only the address of the client tells it from other mail, and whatever comes from ${ip} is let in`
  return { policy: 'allow', option: 'clients', entry: ip, why }
}

function factIn<T>({ facts }: Pick<Trace, 'facts'>, name: string): T | undefined {
  return facts.find(({ fact }) => fact === name)?.value as T | undefined // a fact's name stands for its type
}
