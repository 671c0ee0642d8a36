import { resolve } from 'node:path'
import type { Meter } from '../engine/meter.ts'
import type { Route, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import { domainPattern } from '../mail/domain.ts'
import { DomainList } from '../mail/domain-list.ts'
import type { Destination } from '../relay/destination.ts'
import { hopConnections, type OpenTransport, openTransport } from '../relay/open-transport.ts'
import type { Configuration } from './load.ts'
import type { Relay } from './relay.ts'
import { workerCount } from './workers.ts'

/** Where mail goes. */
export interface Routes {
  readonly route: (recipient: Address) => Route | undefined
  /** Whether a recipient must always be reachable: postmaster and abuse of each of our domains (RFC 5321, 4.5.1; RFC 2142). */
  readonly isExempt: (recipient: Address) => boolean
  /** Whether a recipient is in a domain that we relay for. */
  readonly isOurs: (recipient: Address) => boolean
  readonly transports: readonly OpenTransport[]
  readonly close: () => void
}

type RouteSettings = Pick<Configuration, 'relay' | 'hostname' | 'folder' | 'postmaster' | 'workers'>

/** Brings mail where the settings of a domain say. */
export type OpenRelay = (relay: Relay, settings: RouteSettings) => OpenTransport

/** Opens a transport for each next hop. Domains that go to the same place in the same way share one. */
export function openRoutes(settings: RouteSettings, open: OpenRelay): Routes {
  const shared = new Map<string, OpenTransport>()
  const byDomain = new Map<string, Transport>()
  for (const [key, relay] of Object.entries(settings.relay)) {
    const sameWay = JSON.stringify(relay)
    const transport = shared.get(sameWay) ?? open(relay, settings)
    shared.set(sameWay, transport)
    byDomain.set(domainPattern(key) ?? key, transport)
  }
  const patterns = new DomainList(byDomain.keys())
  const transportFor = (domain: string) => byDomain.get(patterns.find(domain) ?? '')
  const bare = settings.postmaster ?? firstPostmaster(byDomain.keys())
  return {
    route: recipient => {
      if (namesItsRoute(recipient)) return undefined
      const known = isBarePostmaster(recipient) ? bare : recipient
      const transport = transportFor(known.domain)
      return transport && { transport, recipient: known }
    },
    isExempt: recipient => isBarePostmaster(recipient) || (isRole(recipient) && transportFor(recipient.domain) !== undefined),
    isOurs: ({ domain }) => domain === '' || transportFor(domain) !== undefined,
    transports: [...shared.values()],
    close: () => {
      for (const transport of shared.values()) transport.close()
    },
  }
}

/**
 * An address with a route in its local part, such as `user%other.example@our.example` (RFC 5321, appendix F.2): a next hop
 * that follows it, because it trusts us, would make us an open relay.
 */
function namesItsRoute({ local }: Address): boolean {
  return /[%!@]/.test(local)
}

/** Opens what delivers: nothing is connected yet, and a Maildir that is for everybody is made. */
export function openRelay(relay: Relay, { hostname, folder, workers }: RouteSettings, meter?: Meter): OpenTransport {
  const { to, tls, verify, identity, returnPath, eightBit, timeouts } = relay
  // All workers together take no more than one process would.
  const maxConnections = Math.ceil(hopConnections / workerCount({ workers }))
  return openTransport(absolute(to, folder), {
    hostname,
    verify,
    identity,
    returnPath,
    eightBit,
    maxConnections,
    timeouts,
    ...(tls && { tls }),
    ...(meter && { meter }),
  })
}

function absolute(to: Destination, folder: string): Destination {
  return to.kind === 'maildir' ? { ...to, path: resolve(folder, to.path) } : to
}

/** Where <postmaster> goes when the configuration does not say: to the first domain that is not a pattern. */
function firstPostmaster(domains: Iterable<string>): Address {
  const domain = [...domains].find(name => !name.startsWith('*.')) ?? ''
  return { local: 'postmaster', domain }
}

function isBarePostmaster({ local, domain }: Address): boolean {
  return domain === '' && plain(local) === 'postmaster'
}

function isRole({ local }: Address): boolean {
  return ['postmaster', 'abuse'].includes(plain(local))
}

function plain(local: string): string {
  return local.replace(/^"(.*)"$/, '$1').toLowerCase()
}
