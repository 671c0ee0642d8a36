import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, type Reply } from '../mail/reply.ts'

/** The transport for a recipient of a sender, or why there is none. */
type Way = (recipient: Address, sender: Address | null) => Transport | Reply | Promise<Transport | Reply>

/** Several transports as one: a mail program gives us a message for all at once, and does not come again for those who live elsewhere. */
export class RoutedTransport implements Transport {
  readonly name: string
  readonly #way: Way

  constructor(name: string, way: Way) {
    this.name = name
    this.#way = way
  }

  begin(transaction: Transaction): Delivery {
    return new RoutedDelivery(this.#way, transaction)
  }
}

class RoutedDelivery implements Delivery {
  readonly #way: Way
  readonly #transaction: Transaction
  /** By domain: what is for one domain goes together. */
  readonly #ways = new Map<string, Delivery | Reply>()
  readonly #deliveries = new Map<Transport, Delivery>()

  constructor(way: Way, transaction: Transaction) {
    this.#way = way
    this.#transaction = transaction
  }

  async ask(recipient: Address, parameters?: RecipientParameters): Promise<Reply> {
    const known = this.#ways.get(recipient.domain)
    const delivery = known ?? this.#begin(await this.#way(recipient, this.#transaction.sender))
    this.#ways.set(recipient.domain, delivery)
    return 'code' in delivery ? delivery : delivery.ask(recipient, parameters)
  }

  /** One transport after the other. While nobody has taken anything, the first refusal is one for all: the client can still send it again. */
  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    const replies = new Map<Address, Reply>()
    for (const [delivery, some] of Map.groupBy(recipients, ({ domain }) => this.#ways.get(domain))) {
      if (!delivery || 'code' in delivery) continue // nobody has said yes to these
      for (const [recipient, reply] of await delivery.send(some, message)) replies.set(recipient, reply)
      const [refusal] = replies.values()
      if (refusal && [...replies.values()].every(reply => !isAccepted(reply))) {
        return new Map(recipients.map(recipient => [recipient, replies.get(recipient) ?? refusal]))
      }
    }
    return replies
  }

  end(): void {
    for (const delivery of this.#deliveries.values()) delivery.end()
  }

  #begin(way: Transport | Reply): Delivery | Reply {
    if ('code' in way) return way
    const delivery = this.#deliveries.get(way) ?? way.begin(this.#transaction)
    this.#deliveries.set(way, delivery)
    return delivery
  }
}
