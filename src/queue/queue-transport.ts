import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { type Reply, recipientOk } from '../mail/reply.ts'
import type { NewMail, NewRecipient } from './record.ts'
import type { QueueSettings } from './settings.ts'
import { NoRoom, type QueueStore } from './store.ts'

export interface QueueTransportNeeds {
  readonly store: QueueStore
  readonly settings: QueueSettings
  /** There is something to deliver. */
  readonly wake: () => void
  /** Whether the sender is one of our own users, and is told when something goes wrong; else nobody is. */
  readonly isOwn: (transaction: Transaction) => boolean
}

/** Takes mail for any recipient, keeps it safely, and delivers it later. Its 250 is ours. */
export class QueueTransport implements Transport {
  readonly name = 'queue'
  readonly #needs: QueueTransportNeeds

  constructor(needs: QueueTransportNeeds) {
    this.#needs = needs
  }

  begin(transaction: Transaction): Delivery {
    return new QueueDelivery(this.#needs, transaction)
  }

  /** There is nothing to close: the queue outlives the gateway. */
  close(): void {}
}

class QueueDelivery implements Delivery {
  readonly tellsSender = true
  readonly #needs: QueueTransportNeeds
  readonly #transaction: Transaction
  readonly #parameters = new Map<Address, RecipientParameters>()

  constructor(needs: QueueTransportNeeds, transaction: Transaction) {
    this.#needs = needs
    this.#transaction = transaction
  }

  async ask(recipient: Address, parameters: RecipientParameters = {}): Promise<Reply> {
    this.#parameters.set(recipient, parameters)
    return recipientOk
  }

  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    const named = recipients.map(address => ({ address, parameters: this.#parameters.get(address) ?? {} }))
    const reply = await enqueue(this.#needs, this.#transaction, named, message)
    return new Map(recipients.map(recipient => [recipient, reply]))
  }

  end(): void {}
}

/** Puts a message into the queue. Its reply says whether that was done: it never throws. */
export async function enqueue(
  { store, settings, wake, isOwn }: QueueTransportNeeds,
  transaction: Transaction,
  recipients: readonly NewRecipient[],
  message: Message,
): Promise<Reply> {
  const { id, session, sender, parameters } = transaction
  const isOurs = isOwn(transaction)
  const mail: NewMail = {
    ...{ id, session, sender, parameters, isOwn: isOurs, recipients },
    lifetimeMs: sender ? settings.lifetimeMs : settings.reportLifetimeMs,
    // Only our own are told, and nobody is told of a report.
    ...(isOurs && sender && { noticeMs: settings.noticeMs }),
  }
  try {
    await store.add(mail, message)
  } catch (error) {
    return storeReply(error)
  }
  wake()
  return { code: 250, status: '2.0.0', text: 'Accepted, and waiting to be delivered', detail: `queue: ${id}` }
}

function storeReply(error: unknown): Reply {
  const isFull =
    error instanceof NoRoom || (error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code)))
  const full = { code: 452, status: '4.3.1', text: 'There is no room for the message at the moment, please try again later' }
  const broken = { code: 451, status: '4.3.0', text: 'The message could not be queued, please try again later' }
  return { ...(isFull ? full : broken), detail: `queue: ${String(error)}` }
}
