import type { Delivery, Transaction } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, isTemporary, type Reply } from '../mail/reply.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Exchange } from './mx-transport.ts'

/** RFC 5321, 5.1: a client should try several addresses; nobody waits for all of a long list. */
const limits = { addresses: 5, sessions: 2, hops: 100, detail: 1000 } as const

/**
 * One transaction with the servers of a domain. Who cannot be reached, or says 4yz, is followed by the next one; what one
 * of them refuses for good is refused. Each recipient stays with the server that has taken it.
 */
export class MxDelivery implements Delivery {
  readonly #exchange: Exchange
  readonly #transaction: Transaction
  /** In the order in which they were made, and in which each recipient goes through them. */
  readonly #attempts: Attempt[] = []
  /** Which attempt has taken a recipient. */
  readonly #places = new Map<string, number>()
  #hasEnded = false

  constructor(exchange: Exchange, transaction: Transaction) {
    this.#exchange = exchange
    this.#transaction = transaction
  }

  ask(recipient: Address): Promise<Reply> {
    return this.#askFrom(0, recipient)
  }

  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    if (isLoop(message)) return new Map(recipients.map(recipient => [recipient, loop]))
    const replies = new Map<Address, Reply>()
    // A recipient only ever moves to a later attempt, so each attempt is given the message once.
    for (let at = 0; at < this.#attempts.length; at++) {
      const here = recipients.filter(recipient => !replies.has(recipient) && this.#placeOf(recipient) === at)
      if (here.length > 0) await this.#sendBy(at, here, message, replies)
    }
    for (const recipient of recipients) if (!replies.has(recipient)) replies.set(recipient, notTaken)
    this.end()
    return replies
  }

  end(): void {
    this.#hasEnded = true
    for (const attempt of this.#attempts) attempt.end()
  }

  async #sendBy(at: number, recipients: readonly Address[], message: Message, replies: Map<Address, Reply>): Promise<void> {
    const attempt = this.#attempts[at]
    const sent = await attempt?.send(recipients, message)
    for (const recipient of recipients) {
      const reply = sent?.get(recipient) ?? notTaken
      // When nobody knows whether it has arrived, the next server would make two of it (RFC 5321, 4.5.4.2): it is tried later.
      const isFinal = !isTemporary(reply) || attempt?.isUncertain === true
      const second = isFinal ? reply : await this.#askFrom(at + 1, recipient)
      if (isFinal || !isAccepted(second)) replies.set(recipient, isTemporary(second) ? reply : second)
    }
  }

  async #askFrom(start: number, recipient: Address): Promise<Reply> {
    const heard: { readonly reply: Reply; readonly weight: number }[] = []
    for (let at = start; ; at++) {
      const attempt = this.#attempts[at] ?? (await this.#next())
      if (!attempt) return weightiest(heard)
      const reply = await attempt.ask(recipient)
      this.#places.set(formatAddress(recipient), at)
      if (!isTemporary(reply)) return reply
      heard.push({ reply, weight: attempt.hasMet ? 2 : reply.status.startsWith('4.7') ? 1 : 0 })
    }
  }

  async #next(): Promise<Attempt | undefined> {
    const made = this.#attempts.length
    const candidate = this.#exchange.candidates[made]
    const sessions = this.#attempts.filter(({ hasMet }) => hasMet).length
    if (!candidate || this.#hasEnded || made >= limits.addresses || sessions >= limits.sessions) return undefined
    const next = await attempt(this.#exchange, candidate, this.#transaction)
    this.#attempts.push(next)
    return next
  }

  #placeOf(recipient: Address): number | undefined {
    return this.#places.get(formatAddress(recipient))
  }
}

/** What a server has said tells more than that another did not answer; why it could not be trusted stands in between. */
function weightiest(heard: readonly { readonly reply: Reply; readonly weight: number }[]): Reply {
  const [best] = heard.toSorted((a, b) => b.weight - a.weight)
  if (!best) return notTaken
  const details = heard.map(({ reply }) => reply.detail ?? `${reply.code} ${reply.status} ${reply.text}`)
  return { ...best.reply, detail: [...new Set(details)].join('; ').slice(0, limits.detail) }
}

const notTaken: Reply = { code: 451, status: '4.4.0', text: 'No mail server could be asked, please try again later' }
const loop: Reply = { code: 554, status: '5.4.6', text: 'This message goes round in circles' }

/** RFC 5321, 6.3. */
function isLoop({ fields }: Message): boolean {
  return fields.filter(({ name }) => name === 'received').length > limits.hops
}
