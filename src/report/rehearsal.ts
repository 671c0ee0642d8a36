import { Conversation } from '../engine/conversation.ts'
import type { Gateway } from '../engine/gateway.ts'
import { type Rule, rulebook } from '../engine/rule.ts'
import type { Trace } from '../engine/trace.ts'
import type { Route, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { MailParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, ok, type Reply, recipientOk } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'

/** What a client would do: one session with one message. */
export interface Scene {
  /** Without the HELO name, which is given in its turn. */
  readonly session: Session
  readonly helo: string
  readonly sender: Address | null
  readonly parameters: MailParameters
  readonly recipients: readonly Address[]
  readonly message: Message
  /** What the edge would say to the message before anybody judges it: too large, not well-formed. */
  readonly refusal?: Reply
}

/** Plays a scene as a live session would run, by a gateway that delivers nothing, and answers with its trace. */
export async function rehearse(gateway: Gateway, scene: Scene): Promise<Trace> {
  const traces: Trace[] = []
  const conversation = new Conversation({ ...gateway, record: trace => traces.push(trace) }, scene.session)
  await conversation.connect()
  await conversation.helo(scene.helo, { esmtp: true })
  await conversation.mail(scene.sender, scene.parameters)
  if (await anyAccepted(conversation, scene.recipients)) {
    if (scene.refusal) conversation.refuseMessage(scene.refusal)
    else await conversation.message(scene.message)
  }
  conversation.close('quit')
  const [trace] = traces
  if (!trace) throw new Error('A conversation recorded no trace')
  return trace
}

async function anyAccepted(conversation: Conversation, recipients: readonly Address[]): Promise<boolean> {
  let any = false
  for (const recipient of recipients) any = isAccepted(await conversation.rcpt(recipient)) || any
  return any
}

/** The same gateway, with other rules and without any effect: every next hop says yes, and nothing is handed over. */
export function dryGateway(gateway: Gateway, rules: readonly Rule[]): Gateway {
  const dry = new Map<Transport, Transport>()
  const dryRoute = ({ transport, recipient }: Route): Route => {
    const known = dry.get(transport) ?? dryTransport(transport.name)
    dry.set(transport, known)
    return { transport: known, recipient }
  }
  return {
    ...gateway,
    rulebook: rulebook(rules),
    route: recipient => {
      const route = gateway.route(recipient)
      return route && dryRoute(route)
    },
    quarantine: { hold: async () => ({ discard: async () => {} }) },
    annotate: message => message,
    record: () => {},
  }
}

function dryTransport(name: string): Transport {
  const delivery = {
    ask: async () => recipientOk,
    send: async (recipients: readonly Address[]) => new Map(recipients.map(recipient => [recipient, ok] as const)),
    end: () => {},
  }
  return { name, begin: () => delivery }
}
