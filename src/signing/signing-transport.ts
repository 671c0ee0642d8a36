import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'

export type Sign = (message: Message) => Message | Promise<Message>

/** A way out on which everything is signed: the last change before a message is queued or goes over the wire. */
export class SigningTransport implements Transport {
  readonly name: string
  readonly #transport: Transport
  readonly #sign: Sign

  constructor(transport: Transport, sign: Sign) {
    this.name = transport.name
    this.#transport = transport
    this.#sign = sign
  }

  begin(transaction: Transaction): Delivery {
    return new SigningDelivery(this.#transport.begin(transaction), this.#sign)
  }
}

class SigningDelivery implements Delivery {
  readonly #delivery: Delivery
  readonly #sign: Sign

  constructor(delivery: Delivery, sign: Sign) {
    this.#delivery = delivery
    this.#sign = sign
  }

  get tellsSender(): boolean {
    return this.#delivery.tellsSender ?? false
  }

  ask(...question: Parameters<Delivery['ask']>): ReturnType<Delivery['ask']> {
    return this.#delivery.ask(...question)
  }

  async send(recipients: readonly Address[], message: Message): ReturnType<Delivery['send']> {
    return this.#delivery.send(recipients, await this.#sign(message))
  }

  end(): void {
    this.#delivery.end()
  }
}
