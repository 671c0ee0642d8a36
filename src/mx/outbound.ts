import type { SecureContext } from 'node:tls'
import type { Dns } from '../engine/dns.ts'
import { partOf, type Store } from '../engine/store.ts'
import type { Transaction, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { Reply } from '../mail/reply.ts'
import type { NextHop } from '../relay/next-hop.ts'
import type { RelayTimeouts } from '../relay/relay-timeouts.ts'
import { candidatesOf } from './candidates.ts'
import { type Exchanger, type Exchangers, findExchangers } from './exchangers.ts'
import { fetchStsPolicy } from './fetch-sts-policy.ts'
import { HopPools } from './hop-pools.ts'
import type { Families } from './host-addresses.ts'
import { type Candidate, type Exchange, MxTransport } from './mx-transport.ts'
import type { OwnHosts } from './own-hosts.ts'
import { type Insecure, opportunistic, type Security, securityOf } from './security.ts'
import { StsCache } from './sts-cache.ts'
import type { StsPolicy } from './sts-policy.ts'
import { TlsReport } from './tls-report.ts'

/** Where a recipient's mail goes, and with whose mail it shares the queue. */
export interface OutboundRoute {
  readonly transport: Transport
  /** Who runs the servers, such as `google.com`: fairness is among providers. */
  readonly provider: string
}

/** Whose mail, and from whom: a route may depend on both. */
export interface Destination {
  readonly recipient: Address
  readonly sender: Address | null
}

/** How mail is brought to strangers. */
export interface OutboundOptions {
  /** Our name, with which servers are greeted: best the one that our address has in the DNS (CLI-07). */
  readonly hostname: string
  readonly dns: Dns
  /** Keeps the policies of MTA-STS, and the counts for TLS-RPT. */
  readonly store: Store
  readonly own: OwnHosts
  readonly families: Families
  readonly timeouts: RelayTimeouts
  /** To one address, and all in all. */
  readonly maxConnections: number
  readonly maxConnectionsInAll: number
  readonly dane: boolean
  readonly mtaSts: boolean
  /** The authorities that certificates must come from where MTA-STS asks for that. */
  readonly trust: () => SecureContext
  readonly now: () => Date
  /** A route that somebody has set, which goes before MX. */
  readonly override?: (destination: Destination) => OutboundRoute | undefined
  /** 25 and 443, but in tests. */
  readonly ports?: { readonly smtp: number; readonly https: number }
}

/** The way out: finds the place of each recipient's mail. */
export class Outbound {
  /** What TLS came to, by domain and day. */
  readonly report: TlsReport
  readonly #options: OutboundOptions
  readonly #pools: HopPools
  readonly #policies: StsCache | undefined

  constructor(options: OutboundOptions) {
    const { store, now, maxConnectionsInAll } = options
    this.#options = options
    this.#pools = new HopPools(maxConnectionsInAll)
    this.report = new TlsReport(partOf(store, 'tls-report'), now)
    this.#policies = options.mtaSts ? openPolicies(options, this.report) : undefined
  }

  /** Where mail goes; a reply says why it can go nowhere, for good or for now. Transports need not be closed. */
  async route(destination: Destination): Promise<OutboundRoute | Reply> {
    const route = this.override(destination)
    if (route) return route
    const { domain } = destination.recipient
    const found = await this.exchangers(domain)
    if ('code' in found) return found
    const sts = await this.policyOf(domain).catch(storeTrouble)
    if (sts && 'code' in sts) return sts
    return { transport: new MxTransport(this.#exchange(domain, found, sts)), provider: found.provider }
  }

  /** The route that somebody has set for this mail, if there is one. */
  override(destination: Destination): OutboundRoute | undefined {
    return this.#options.override?.(destination)
  }

  /** The servers that take a domain's mail. */
  exchangers(domain: string): Promise<Exchangers | Reply> {
    return findExchangers(domain, this.#options)
  }

  /** The MTA-STS policy of a domain. */
  async policyOf(domain: string): Promise<StsPolicy | undefined> {
    return domain.startsWith('[') ? undefined : this.#policies?.policyOf(domain)
  }

  /** How a server of a domain must be spoken with. */
  security(domain: string, host: Exchanger, about: SecurityContext): Promise<Security | Insecure> {
    const { dns, dane, ports } = this.#options
    return securityOf({ dns, dane, domain, host, port: ports?.smtp ?? 25, secure: about.secure, sts: about.sts })
  }

  /** How many connections are open, and to how many servers. */
  get connections(): HopPools['counts'] {
    return this.#pools.counts
  }

  /** Takes leave of all servers; what is under way comes to its end. */
  close(): void {
    this.#pools.close()
  }

  #exchange(domain: string, { hosts, secure }: Exchangers, sts: StsPolicy | undefined): Exchange {
    return {
      domain,
      candidates: candidatesOf(hosts),
      isFull: () => this.#pools.isFull,
      secure: (host, transaction) => this.#secure(domain, host, transaction, { secure, sts }),
      hop: (candidate, security) => this.#pools.get(this.#hop(candidate, security), security.key),
      count: (policy, result) => {
        // A store in trouble says so itself, and no mail waits for a count.
        void this.report.count({ domain, policy, result }).catch(() => {})
      },
    }
  }

  async #secure(
    domain: string,
    host: Exchanger,
    { parameters }: Transaction,
    about: SecurityContext,
  ): Promise<Security | Insecure> {
    if (parameters.tlsOptional && !parameters.requireTls) return opportunistic(host, 'the message says TLS-Required: No')
    return this.security(domain, host, about)
  }

  #hop({ host, address }: Candidate, { tls, checkPeer, serverName, policy }: Security): NextHop {
    const { hostname, timeouts, maxConnections, trust, ports } = this.#options
    const port = ports?.smtp ?? 25
    return {
      name: `${host.name}[${address}]:${port}`,
      address: { host: address, port },
      protocol: 'smtp',
      hostname,
      tls,
      verify: false,
      ...(policy === 'sts' && { secureContext: trust() }),
      identity: 'none',
      eightBit: 'send',
      returnPath: false,
      timeouts,
      maxConnections,
      role: 'exchanger',
      serverName,
      ...(checkPeer && { checkPeer }),
    }
  }
}

/** Who cannot read which policies there are must not send as if there were none. */
function storeTrouble(error: unknown): Reply {
  return {
    code: 451,
    status: '4.3.0',
    text: 'The policies of mail servers cannot be read, please try again later',
    detail: String(error),
  }
}

/** What is known of a domain when its servers are judged. */
export interface SecurityContext {
  readonly secure: boolean
  readonly sts: StsPolicy | undefined
}

function openPolicies(options: OutboundOptions, report: TlsReport): StsCache {
  const { dns, store, families, trust, now, ports } = options
  const fetching = { dns, families, trust, ...(ports && { port: ports.https }) }
  return new StsCache({
    dns,
    store: partOf(store, 'mta-sts'),
    now,
    fetch: domain => fetchStsPolicy(domain, fetching),
    report: (domain, { code }) => {
      void report.count({ domain, policy: 'sts', result: code }).catch(() => {})
    },
  })
}
