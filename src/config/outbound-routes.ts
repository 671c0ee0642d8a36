import { formatAddress, parseAddress } from '../mail/address.ts'
import { domainPattern } from '../mail/domain.ts'
import { DomainList } from '../mail/domain-list.ts'
import type { Destination, OutboundRoute } from '../mx/outbound.ts'
import { type OpenTransport, openTransport } from '../relay/open-transport.ts'
import type { OutboundRouteSettings, OutboundSettings } from './outbound.ts'
import { passwordOf } from './outbound-passwords.ts'

/** The routes that somebody has set. */
export interface OutboundRoutes {
  readonly override: (destination: Destination) => OutboundRoute | undefined
  close(): void
}

/** A route by MX, though another one would come after it. */
const byMx = 'mx'
type Route = OutboundRoute | typeof byMx

/** Opens a transport for each server; routes to the same one in the same way share it. By recipient first, then by sender, then the smarthost. */
export function openOutboundRoutes(outbound: OutboundSettings, hostname: string): OutboundRoutes {
  const shared = new Map<string, OpenTransport>()
  const open = (route: OutboundRouteSettings): Route => {
    if (!route.to) return byMx
    const sameWay = JSON.stringify(route)
    const transport = shared.get(sameWay) ?? openRoute(route, outbound, hostname)
    shared.set(sameWay, transport)
    return { transport, provider: route.to.text }
  }
  const byRecipient = lookup(outbound.routes, open)
  const bySender = lookup(outbound.bySender, open)
  const smarthost = outbound.smarthost && open(outbound.smarthost)
  return {
    override: ({ recipient, sender }) => {
      const found = byRecipient(recipient.domain) ?? (sender && bySender(sender.domain, formatAddress(sender))) ?? smarthost
      return found === byMx ? undefined : found
    },
    close: () => {
      for (const transport of shared.values()) transport.close()
    },
  }
}

function lookup(settings: Readonly<Record<string, OutboundRouteSettings>>, open: (route: OutboundRouteSettings) => Route) {
  const known = new Map(Object.entries(settings).map(([key, route]) => [canonical(key), open(route)]))
  const patterns = new DomainList(known.keys())
  return (domain: string, address = '') => known.get(address) ?? known.get(patterns.find(domain) ?? '')
}

function canonical(key: string): string {
  const address = parseAddress(key)
  return address ? formatAddress(address) : (domainPattern(key) ?? key)
}

function openRoute(
  route: OutboundRouteSettings,
  { maxConnections, timeouts }: OutboundSettings,
  hostname: string,
): OpenTransport {
  const { to, tls, verify, auth } = route
  if (!to) throw new TypeError('expected a route to a server')
  const password = auth && passwordOf(auth)
  // The file was there when the configuration was checked.
  if (password && 'found' in password) throw new Error(`expected a password, found ${password.found}`)
  const wanted = tls ?? (auth ? 'required' : undefined)
  return openTransport(to, {
    hostname,
    verify,
    timeouts,
    maxConnections,
    role: 'smarthost',
    ...(wanted && { tls: wanted }),
    ...(auth && password && { credentials: { user: auth.user, password: password.password } }),
  })
}
