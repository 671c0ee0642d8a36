import type { Outbound } from '../engine/gateway.ts'
import type { Transport } from '../engine/transport.ts'
import { RoutedTransport } from '../relay/routed-transport.ts'
import type { Routes } from './routes.ts'

/**
 * The way out for those who may relay: each recipient goes where it belongs, to the server behind us or to the world, all
 * of a message at once.
 */
export function outboundBy(away: Transport, { route, isOurs }: Routes): Outbound {
  const transport = new RoutedTransport('outbound', recipient => route(recipient)?.transport ?? away)
  return {
    requireTls: false,
    route: recipient => {
      const inbound = route(recipient)
      if (inbound) return { transport, recipient: inbound.recipient }
      // What is ours and has no route must not come back to us; an address literal may be a machine that only we can reach.
      return isOurs(recipient) || recipient.domain.startsWith('[') ? undefined : { transport, recipient }
    },
  }
}
