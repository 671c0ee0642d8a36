import type { RecipientTrace, Trace } from '../engine/trace.ts'
import type { Transport } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { ok, type Reply, recipientOk } from '../mail/reply.ts'
import type { Tape } from './tape.ts'

/** A next hop that answers as the real one did then; where it was not asked, it says yes. */
export function recordedHop(name: string, tape: Tape): Transport & { close(): void } {
  const delivery = {
    ask: async (recipient: Address) => answerToRecipient(tape.trace, recipient),
    send: async (recipients: readonly Address[]) =>
      new Map(recipients.map(recipient => [recipient, answerToMessage(tape.trace, recipient)] as const)),
    end: () => {},
  }
  return { name, begin: () => delivery, close: () => {} }
}

function answerToRecipient(trace: Trace | undefined, recipient: Address): Reply {
  const entry = find(trace, recipient)
  const isRefused = entry !== undefined && isByHop(entry) && !isAfterData(entry, trace)
  return isRefused ? readReply(entry.reply) : recipientOk
}

function answerToMessage(trace: Trace | undefined, recipient: Address): Reply {
  const entry = find(trace, recipient)
  const isRefused = entry !== undefined && isByHop(entry) && isAfterData(entry, trace)
  return isRefused ? readReply(entry.reply) : ok
}

function find(trace: Trace | undefined, recipient: Address): RecipientTrace | undefined {
  const address = formatAddress(recipient)
  return trace?.recipients.find(entry => entry.address === address)
}

/** Whether no rule and none of our limits refused it, but the server behind us. */
function isByHop({ rule, where, reply }: RecipientTrace): boolean {
  return rule === undefined && where !== undefined && !reply.startsWith('2')
}

/** Behind DATA there is one reply for all; a copy that the next hop did not take when others were taken waits in quarantine. */
function isAfterData({ outcome, reply }: RecipientTrace, trace: Trace | undefined): boolean {
  return outcome === 'quarantined' || (trace?.message !== undefined && reply === trace.reply)
}

/** A reply as it stands in a trace: `550 5.1.1 No such user [1N3Z8QK4F00A.1]`. The id is ours. */
export function readReply(text: string): Reply {
  const [code, status = ok.status, ...words] = text.split(' ')
  return { code: Number(code), status, text: words.join(' ').replace(/ \[[0-9A-Z.]{1,40}\]$/, '') }
}
