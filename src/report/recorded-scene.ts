import type { Gateway } from '../engine/gateway.ts'
import type { RecipientTrace, Trace } from '../engine/trace.ts'
import type { Transport } from '../engine/transport.ts'
import { type Address, formatAddress, parseAddress } from '../mail/address.ts'
import type { Field } from '../mail/header.ts'
import { firstField, type Message } from '../mail/message.ts'
import { isAccepted, ok, type Reply, recipientOk } from '../mail/reply.ts'
import type { Scene } from './rehearsal.ts'

/** What the client did, as a trace tells it; `undefined` when it never sent MAIL. Of the message there is what the trace holds. */
export function sceneOf(trace: Trace): Scene | undefined {
  const { session, sender, recipients, parameters = {} } = trace
  if (sender === undefined) return undefined
  const { helo = '', ...connected } = session
  const from = sender === null || sender === '' ? null : addressOf(sender)
  return {
    session: connected,
    helo,
    sender: from,
    parameters,
    recipients: recipients.map(({ address }) => addressOf(address)),
    content: contentOf(trace),
  }
}

/** How the gateway must be for a trace to come about again, besides its rules: where mail goes, and what the next hop said. */
export function gatewayOf(trace: Trace): Pick<Gateway, 'route' | 'isExempt' | 'isDegraded'> {
  const known = new Map(trace.recipients.map(recipient => [recipient.address, recipient]))
  const transport = recordedHop(trace, known)
  return {
    isDegraded: () => trace.degraded === true,
    isExempt: recipient => known.get(formatAddress(recipient))?.exempt === true,
    route: recipient => {
      const before = known.get(formatAddress(recipient))
      // Refused by no rule and by nobody behind us: we do not relay for it, or it was one too many.
      const isDenied = before !== undefined && isRefused(before) && before.rule === undefined && before.where === undefined
      return isDenied && !isAnsweredAtEnd(before, trace) ? undefined : { transport, recipient }
    },
  }
}

function addressOf(text: string): Address {
  // A bare <postmaster> has no domain (RFC 5321, 4.5.1).
  return parseAddress(text) ?? { local: text, domain: '' }
}

function contentOf({ message, ending, reply }: Trace): Scene['content'] {
  if (ending === 'refused by the protocol') return { refusal: readReply(reply ?? '') }
  return message ? { message: new RecordedMessage(message) } : null
}

/** A message of which only the trace is left. */
class RecordedMessage implements Message {
  readonly size: number
  readonly fields: readonly Field[]

  constructor({ size, from, subject, messageId }: NonNullable<Trace['message']>) {
    this.size = size
    const found = { from, subject, 'message-id': messageId }
    this.fields = Object.entries(found).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, start: 0, end: 0 }],
    )
  }

  header(name: string): string | undefined {
    return firstField(this.fields, name)
  }

  chunks(): never {
    throw new Error('Of a recorded message there is only what its trace holds')
  }
}

/** A next hop that says again what it said. */
function recordedHop(trace: Trace, known: ReadonlyMap<string, RecipientTrace>): Transport {
  const replyTo = (recipient: Address, isAtEnd: boolean): Reply => {
    const before = known.get(formatAddress(recipient))
    const wasHop = before !== undefined && before.rule === undefined && isRefused(before)
    if (!wasHop || isAnsweredAtEnd(before, trace) !== isAtEnd) return isAtEnd ? ok : recipientOk
    return readReply(before.reply)
  }
  const delivery = {
    ask: async (recipient: Address) => replyTo(recipient, false),
    send: async (recipients: readonly Address[]) => new Map(recipients.map(each => [each, replyTo(each, true)] as const)),
    end: () => {},
  }
  const where = trace.recipients.find(({ where }) => where !== undefined && where !== 'quarantine')?.where
  return { name: where ?? 'the next hop', begin: () => delivery }
}

function isRefused({ reply, outcome }: RecipientTrace): boolean {
  return outcome === 'rejected' || outcome === 'deferred' || !isAccepted(readReply(reply))
}

/** Whether a recipient was answered after DATA rather than at RCPT. */
function isAnsweredAtEnd({ reply }: RecipientTrace, trace: Trace): boolean {
  return trace.message !== undefined && trace.reply === reply
}

/** A reply as a trace has it: without the id, which is put behind it again. */
function readReply(text: string): Reply {
  const [, code = '451', status = '4.3.0', rest = ''] = /^(\d{3}) (\d\.\d{1,3}\.\d{1,3}) (.*)$/s.exec(text) ?? []
  return { code: Number(code), status, text: rest.replace(/ \[[0-9A-Z]+\.\d+\]$/, '') }
}
