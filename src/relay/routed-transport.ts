import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, type Reply } from '../mail/reply.ts'

/** The transport for a recipient. */
type Way = (recipient: Address) => Transport

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
  readonly #deliveries = new Map<Transport, Delivery>()

  constructor(way: Way, transaction: Transaction) {
    this.#way = way
    this.#transaction = transaction
  }

  ask(recipient: Address, parameters?: RecipientParameters): Promise<Reply> {
    return this.#deliveryFor(recipient).ask(recipient, parameters)
  }

  /** One transport after the other. While nobody has taken anything, the first refusal is one for all: the client can still send it again. */
  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    const replies = new Map<Address, Reply>()
    for (const [delivery, some] of Map.groupBy(recipients, recipient => this.#deliveryFor(recipient))) {
      const said = await delivery.send(some, message)
      for (const [recipient, reply] of said) replies.set(recipient, reply)
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

  #deliveryFor(recipient: Address): Delivery {
    const transport = this.#way(recipient)
    const delivery = this.#deliveries.get(transport) ?? transport.begin(this.#transaction)
    this.#deliveries.set(transport, delivery)
    return delivery
  }
}
