import { isIP } from 'node:net'
import type { Dns, Mx } from '../engine/dns.ts'
import { parseDomain } from '../mail/address.ts'
import type { Reply } from '../mail/reply.ts'
import { shuffled } from './shuffled.ts'

/** The hosts that take a domain's mail, in the order in which they are to be tried. */
export interface MailHosts {
  readonly hosts: readonly MailHost[]
  /** Whether the answer that names them has been validated: only then DANE means anything (RFC 7672, 2.2.1). */
  readonly secure: boolean
  /** The domain itself takes its mail, because it names nobody (RFC 5321, 5.1). */
  readonly isImplicit: boolean
}

export interface MailHost {
  readonly name: string
  readonly preference: number
}

/** A domain may name a thousand; nobody needs more than a few. */
const mostHosts = 10

/** Finds the hosts of a domain by its MX records, or says why there are none (RFC 5321, 5.1; RFC 7505). */
export async function findMailHosts(dns: Dns, domain: string): Promise<MailHosts | Reply> {
  const { status, records, secure, error } = await dns.query('MX', domain)
  if (status === 'temperror') return dnsTrouble(domain, `MX ${domain}: ${error}`)
  if (status === 'nxdomain') return noSuchDomain(domain)
  if (status === 'nodata') return { hosts: [{ name: domain, preference: 0 }], secure, isImplicit: true }
  const hosts = inOrder(records.filter(({ exchange }) => isHostName(exchange)))
  if (hosts.length > 0) return { hosts: hosts.slice(0, mostHosts), secure, isImplicit: false }
  return records.every(({ exchange }) => exchange === '') ? noMail(domain) : unroutable(domain, 'no MX record names a host')
}

/** By preference, and at random among equals, so that the load is spread. */
function inOrder(records: readonly Mx[]): MailHost[] {
  const hosts = shuffled(records).map(({ exchange, preference }) => ({ name: exchange, preference }))
  return hosts.toSorted((a, b) => a.preference - b.preference)
}

/** An address where a name must stand is a common mistake, and leads nowhere. */
function isHostName(exchange: string): boolean {
  return parseDomain(exchange) === exchange && isIP(exchange) === 0
}

export function dnsTrouble(domain: string, detail: string): Reply {
  return { code: 451, status: '4.4.3', text: `The DNS of ${domain} does not answer, please try again later`, detail }
}

export function noSuchDomain(domain: string): Reply {
  return { code: 550, status: '5.1.2', text: `There is no domain ${domain} that takes mail` }
}

function noMail(domain: string): Reply {
  return { code: 556, status: '5.1.10', text: `${domain} takes no mail (null MX)` }
}

export function unroutable(domain: string, detail: string): Reply {
  return { code: 550, status: '5.4.4', text: `The mail servers of ${domain} cannot be found`, detail }
}
