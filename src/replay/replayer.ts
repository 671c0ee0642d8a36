import { Conversation } from '../engine/conversation.ts'
import type { Gateway } from '../engine/gateway.ts'
import { learn } from '../engine/learn.ts'
import type { Ending, Trace } from '../engine/trace.ts'
import { type Address, parseAddress } from '../mail/address.ts'
import { isAccepted } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'
import { readReply } from './recorded-hop.ts'
import { RecordedMessage } from './recorded-message.ts'
import type { Tape } from './tape.ts'

/** What recorded sessions are judged with: rules that read their facts from the tape, and tell the time by the clock. */
export interface Simulation {
  readonly gateway: Gateway
  readonly tape: Tape
  readonly clock: { now: Date }
}

/** Sessions that may go on; a live one does not last so long that more would be needed. */
const mostSessions = 1000

/** Judges recorded transactions again, one after the other, by the same path as live ones. What its rules remember is what they have seen here. */
export class Replayer {
  readonly #gateway: Gateway
  readonly #tape: Tape
  readonly #clock: Simulation['clock']
  readonly #isTaught: boolean
  readonly #sessions = new Map<string, { readonly conversation: Conversation; readonly session: string }>()
  #recorded: Trace | undefined

  constructor({ gateway, tape, clock }: Simulation) {
    this.#gateway = {
      ...gateway,
      record: trace => {
        this.#recorded = trace
      },
    }
    this.#tape = tape
    this.#clock = clock
    this.#isTaught = gateway.rulebook.rules.some(({ policy }) => policy.learn !== undefined)
  }

  /** The trace as it would have been. Must be called in the order in which the transactions began, and never twice at once. */
  async judge(trace: Trace): Promise<Trace> {
    const began = Date.parse(trace.started)
    this.#recorded = undefined
    this.#tape.load(trace)
    this.#clock.now = new Date(began)
    const conversation = await this.#sessionOf(trace)
    if (trace.sender === undefined) this.#end(conversation, trace)
    else await this.#transact(conversation, trace, began + trace.ms)
    if (this.#recorded === undefined) throw new Error(`${trace.id}: a transaction came to no end`)
    const judged: Trace = this.#recorded
    if (this.#isTaught) await learn(this.#gateway.rulebook.rules, judged, this.#clock.now)
    return { ...judged, id: trace.id, ms: trace.ms }
  }

  /** What was said of a client counts for all its transactions: rules of the connection judge it once. */
  async #sessionOf({ session, ending }: Trace): Promise<Conversation> {
    const known = this.#sessions.get(session.id)
    const text = JSON.stringify(session)
    const goesOn = !isOver(ending)
    const conversation = known?.session === text ? known.conversation : await begin(this.#gateway, session)
    this.#sessions.delete(session.id)
    if (goesOn) this.#sessions.set(session.id, { conversation, session: text })
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest)
    return conversation
  }

  async #transact(conversation: Conversation, trace: Trace, endedMs: number): Promise<void> {
    await conversation.mail(trace.sender ? readAddress(trace.sender) : null, trace.parameters)
    let any = false
    for (const { address } of trace.recipients) any = isAccepted(await conversation.rcpt(readAddress(address))) || any
    this.#clock.now = new Date(endedMs)
    if (any && trace.ending === 'refused by the protocol') conversation.refuseMessage(readReply(trace.reply ?? ''), trace.limit)
    else if (any && trace.message) await this.#giveMessage(conversation, trace)
    if (!this.#recorded) this.#end(conversation, trace)
  }

  async #giveMessage(conversation: Conversation, trace: Trace): Promise<void> {
    const answer = conversation.message(new RecordedMessage(trace.message ?? { size: 0 }))
    // The client did not wait for the answer.
    if (trace.ending !== 'answered') conversation.close(trace.ending, trace.limit)
    await answer
  }

  #end(conversation: Conversation, { ending, limit }: Trace): void {
    if (isOver(ending)) conversation.close(ending, limit)
    else conversation.reset()
  }
}

/** Whether the session ended with its transaction. */
function isOver(ending: Ending): boolean {
  return ending !== 'answered' && ending !== 'reset' && ending !== 'refused by the protocol'
}

async function begin(gateway: Gateway, { helo, esmtp, ...session }: Session): Promise<Conversation> {
  const conversation = new Conversation(gateway, session)
  await conversation.connect()
  if (helo !== undefined) await conversation.helo(helo, { esmtp: esmtp ?? true })
  return conversation
}

/** An address as a trace has it. */
export function readAddress(text: string): Address {
  return parseAddress(text) ?? { local: text.slice(0, at(text)), domain: text.slice(at(text) + 1) }
}

function at(text: string): number {
  const found = text.lastIndexOf('@')
  return found === -1 ? text.length : found
}
