import type { Dns } from '../engine/dns.ts'
import type { Store } from '../engine/store.ts'
import type { Families } from '../mx/host-addresses.ts'
import { Outbound } from '../mx/outbound.ts'
import { hasGlobalIpv6, ownHosts } from '../mx/own-hosts.ts'
import { systemTrust } from '../mx/system-trust.ts'
import type { Configuration } from './load.ts'
import type { OutboundSettings } from './outbound.ts'
import { openOutboundRoutes } from './outbound-routes.ts'
import { workerCount } from './workers.ts'

/** The way out of a gateway, and what it holds open. */
export interface OpenedOutbound {
  readonly outbound: Outbound
  /** Lets go of all servers; what is under way comes to its end. */
  close(): void
}

/** What the way out shares with the rest of the gateway. */
export interface OutboundContext {
  readonly dns: Dns
  readonly store: Store
}

type Settings = Pick<Configuration, 'outbound' | 'hostname' | 'listen' | 'workers'>

/** Opens the way out. Nothing is connected or asked yet; throws when a password cannot be read any more. */
export function openOutbound(
  { outbound: settings, listen, workers, ...ours }: Settings,
  { dns, store }: OutboundContext,
): OpenedOutbound {
  const hostname = settings.hostname ?? ours.hostname
  // All workers together take no more than one process would.
  const share = (count: number) => Math.ceil(count / workerCount({ workers }))
  const shared = { ...settings, maxConnections: share(settings.maxConnections) }
  const routes = openOutboundRoutes(shared, hostname)
  const outbound = new Outbound({
    hostname,
    dns,
    store,
    own: ownHosts([hostname, ours.hostname], [...settings.addresses, ...listen.map(({ address }) => address.host)]),
    families: familiesOf(settings.ip),
    timeouts: settings.timeouts,
    maxConnections: shared.maxConnections,
    maxConnectionsInAll: share(settings.maxConnectionsInAll),
    dane: settings.dane,
    mtaSts: settings.mtaSts,
    trust: systemTrust,
    now: () => new Date(),
    override: routes.override,
  })
  const close = () => {
    routes.close()
    outbound.close()
  }
  return { outbound, close }
}

function familiesOf(ip: OutboundSettings['ip']): Families {
  if (ip === 'auto') return hasGlobalIpv6() ? [6, 4] : [4]
  return { 'ipv6-first': [6, 4] as const, 'ipv4-first': [4, 6] as const, 'ipv4-only': [4] as const, 'ipv6-only': [6] as const }[
    ip
  ]
}
