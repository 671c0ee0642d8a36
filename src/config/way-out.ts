import type { Outbound } from '../engine/gateway.ts'
import type { Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { Reply } from '../mail/reply.ts'
import type { Outbound as Away } from '../mx/outbound.ts'
import { RoutedTransport } from '../relay/routed-transport.ts'
import { type Sign, SigningTransport } from '../signing/signing-transport.ts'
import type { Routes } from './routes.ts'

interface OnTheWay {
  /** Where what is for the world waits. */
  readonly queue?: Transport | undefined
  readonly sign?: Sign | undefined
}

/**
 * The way out for those who may relay: each recipient goes where it belongs, to the server behind us or to the world, all
 * of a message at once; what is for the world waits in the queue, where there is one.
 */
export function wayOut(away: Pick<Away, 'route'>, { route, isOurs }: Routes, { queue, sign }: OnTheWay): Outbound {
  const routed = new RoutedTransport(
    'outbound',
    (recipient, sender) => route(recipient)?.transport ?? queue ?? byAway(away, recipient, sender),
  )
  const transport = sign ? new SigningTransport(routed, sign) : routed
  return {
    requireTls: true,
    route: recipient => {
      const inbound = route(recipient)
      if (inbound) return { transport, recipient: inbound.recipient }
      // What is ours and has no route must not come back to us; an address literal may be a machine that only we can reach.
      return isOurs(recipient) || recipient.domain.startsWith('[') ? undefined : { transport, recipient }
    },
  }
}

async function byAway(away: Pick<Away, 'route'>, recipient: Address, sender: Address | null): Promise<Transport | Reply> {
  const found = await away.route({ recipient, sender })
  return 'code' in found ? found : found.transport
}
