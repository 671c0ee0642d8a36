import { Conversation } from '../engine/conversation.ts'
import type { Gateway } from '../engine/gateway.ts'
import type { Trace } from '../engine/trace.ts'
import type { Transport } from '../engine/transport.ts'
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
  /** The message, or what the edge says to it before anybody judges it: it is too large, or not well-formed. Null when the client leaves before. */
  readonly content: { readonly message: Message } | { readonly refusal: Reply } | null
}

/** Plays a scene as a live session would run, by a gateway that delivers nothing, and answers with its trace. */
export async function rehearse(gateway: Gateway, scene: Scene): Promise<Trace> {
  const traces: Trace[] = []
  const conversation = new Conversation({ ...gateway, record: trace => traces.push(trace) }, scene.session)
  await conversation.connect()
  await conversation.helo(scene.helo, { esmtp: true })
  await conversation.mail(scene.sender, scene.parameters)
  if ((await anyAccepted(conversation, scene.recipients)) && scene.content) {
    if ('refusal' in scene.content) conversation.refuseMessage(scene.content.refusal)
    else await conversation.message(scene.content.message)
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

/** The same gateway without any effect on the world. Its next hops must be such that do nothing. */
export function dryGateway(gateway: Gateway | Omit<Gateway, 'quarantine' | 'annotate' | 'record'>): Gateway {
  return {
    ...gateway,
    quarantine: { hold: async () => ({ discard: async () => {} }) },
    annotate: message => message,
    record: () => {},
  }
}

/** A next hop that takes everything and does nothing. */
export function dryTransport(name: string): Transport & { close(): void } {
  const delivery = {
    ask: async () => recipientOk,
    send: async (recipients: readonly Address[]) => new Map(recipients.map(recipient => [recipient, ok] as const)),
    end: () => {},
  }
  return { name, begin: () => delivery, close: () => {} }
}
