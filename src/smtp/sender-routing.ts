import type { Gateway } from '../engine/gateway.ts'
import type { Address } from '../mail/address.ts'

/**
 * A gateway that does not relay to addresses with a route in their local part, such as `user%other.example@our.example`
 * (RFC 5321, appendix F.2): a next hop that follows the route, because it trusts us, would make us an open relay.
 */
export function withoutSenderRouting(gateway: Gateway): Gateway {
  return { ...gateway, route: recipient => (isRouted(recipient) ? undefined : gateway.route(recipient)) }
}

function isRouted({ local }: Address): boolean {
  return /[%!@]/.test(local)
}
