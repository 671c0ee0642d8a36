import type { Dns } from '../engine/dns.ts'
import { parseAddressLiteral } from '../mail/address.ts'
import { registeredDomain } from '../mail/domain.ts'
import type { Reply } from '../mail/reply.ts'
import { type Families, findAddresses, type HostAddresses } from './host-addresses.ts'
import { dnsTrouble, findMailHosts, type MailHost, type MailHosts, noSuchDomain, unroutable } from './mail-hosts.ts'
import type { OwnHosts } from './own-hosts.ts'

/** A host that takes a domain's mail, with its addresses. */
export type Exchanger = MailHost & HostAddresses

/** All that the DNS says of where a domain's mail goes. */
export interface Exchangers extends Omit<MailHosts, 'hosts'> {
  /** In the order in which they are to be tried; some may have no address. */
  readonly hosts: readonly Exchanger[]
  /** Who runs them: the registered domain of the best host. Fairness is among providers, not among their customers' domains. */
  readonly provider: string
}

/** What finding a way takes. */
export interface Search {
  readonly dns: Dns
  readonly own: OwnHosts
  readonly families: Families
}

/** Finds who takes a domain's mail: by its MX records, its own addresses where there are none, or the address that it is. */
export async function findExchangers(domain: string, search: Search): Promise<Exchangers | Reply> {
  const literal = parseAddressLiteral(domain)
  if (literal !== undefined) return atLiteral(domain, literal, search)
  const found = await findMailHosts(search.dns, domain)
  if ('code' in found) return found
  const resolved = await Promise.all(
    found.hosts.map(async host => ({ ...host, ...(await findAddresses(search.dns, host.name, search.families)) })),
  )
  const hosts = withoutUs(resolved, search.own)
  if (hosts.length === 0) return loop(domain)
  if (hosts.some(({ addresses }) => addresses.length > 0)) return { ...found, hosts, provider: providerOf(hosts) }
  const trouble = hosts.find(host => host.trouble !== undefined)?.trouble
  if (trouble !== undefined) return dnsTrouble(domain, trouble)
  return found.isImplicit ? noSuchDomain(domain) : unroutable(domain, `no address: ${hosts.map(({ name }) => name).join(', ')}`)
}

function atLiteral(domain: string, ip: string, { own }: Search): Exchangers | Reply {
  if (own.isOwnAddress(ip)) return loop(domain)
  return { hosts: [{ name: ip, preference: 0, addresses: [ip], secure: false }], secure: false, isImplicit: true, provider: ip }
}

/** RFC 5321, 5.1: when we are one of them, only those that are better than us. */
function withoutUs(hosts: readonly Exchanger[], own: OwnHosts): readonly Exchanger[] {
  const ours = hosts.filter(({ name, addresses }) => own.isOwnName(name) || addresses.some(ip => own.isOwnAddress(ip)))
  const best = Math.min(...ours.map(({ preference }) => preference))
  return hosts.filter(({ preference }) => preference < best)
}

function loop(domain: string): Reply {
  return { code: 554, status: '5.4.6', text: `Mail for ${domain} would come back to this server` }
}

/** The same whichever of equals comes first. */
function providerOf(hosts: readonly Exchanger[]): string {
  const best = hosts[0]?.preference
  const names = hosts.filter(({ preference }) => preference === best).map(({ name }) => registeredDomain(name))
  return names.toSorted()[0] ?? ''
}
