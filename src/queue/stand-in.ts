import type { Delivery, Transaction } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, isTemporary, type Reply, recipientOk } from '../mail/reply.ts'
import type { OpenTransport } from '../relay/open-transport.ts'
import type { PoolCounts } from '../relay/pool.ts'
import { remoteOf } from './answers.ts'
import type { KnownRecipients } from './known-recipients.ts'
import { enqueue, type QueueTransportNeeds } from './queue-transport.ts'

export interface StandInNeeds extends QueueTransportNeeds {
  readonly known: KnownRecipients
  /** The next hop answers again: what waits for this domain can go. */
  readonly isUp: (domain: string) => void
}

/** So long a next hop that could not be reached is not asked about recipients that it knows: nobody shall wait for it again and again. */
const downMs = 10_000

/**
 * A next hop, and the queue in its place while it cannot be reached: for the recipients that it is known to have. For all others
 * its answer is needed, and so they are asked to come again.
 */
export class StandIn implements OpenTransport {
  readonly name: string
  readonly hop: OpenTransport
  readonly #needs: StandInNeeds
  #downUntil = 0

  constructor(hop: OpenTransport, needs: StandInNeeds) {
    this.name = hop.name
    this.hop = hop
    this.#needs = needs
  }

  begin(transaction: Transaction): Delivery {
    return new StandInDelivery(this, this.#needs, transaction)
  }

  get pool(): PoolCounts | undefined {
    return this.hop.pool
  }

  close(): void {
    this.hop.close()
  }

  get isDown(): boolean {
    return performance.now() < this.#downUntil
  }

  noteDown(): void {
    this.#downUntil = performance.now() + downMs
  }

  noteUp(domain: string): void {
    if (this.#downUntil === 0) return
    this.#downUntil = 0
    this.#needs.isUp(domain)
  }
}

class StandInDelivery implements Delivery {
  readonly #standIn: StandIn
  readonly #needs: StandInNeeds
  readonly #transaction: Transaction
  readonly #hop: Delivery
  readonly #queued = new Set<Address>()
  readonly #parameters = new Map<Address, RecipientParameters>()

  constructor(standIn: StandIn, needs: StandInNeeds, transaction: Transaction) {
    this.#standIn = standIn
    this.#needs = needs
    this.#transaction = transaction
    this.#hop = standIn.hop.begin(transaction)
  }

  get tellsSender(): boolean {
    return this.#hop.tellsSender ?? false
  }

  async ask(recipient: Address, parameters: RecipientParameters = {}): Promise<Reply> {
    const { known } = this.#needs
    this.#parameters.set(recipient, parameters)
    if (this.#standIn.isDown && (await known.has(recipient))) return this.#queue(recipient)
    const reply = await this.#hop.ask(recipient, parameters)
    if (isAccepted(reply)) {
      known.accepted(recipient)
      this.#standIn.noteUp(recipient.domain)
      return reply
    }
    if (!isTemporary(reply)) await known.refused(recipient)
    if (!isDown(reply)) return reply
    this.#standIn.noteDown()
    return (await known.has(recipient)) ? this.#queue(recipient) : reply
  }

  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    const direct = recipients.filter(recipient => !this.#queued.has(recipient))
    const replies = new Map(direct.length > 0 ? await this.#hop.send(direct, message) : [])
    // It may have taken the message before it fell silent: then it comes twice, but it is not lost.
    const left = recipients.filter(recipient => this.#queued.has(recipient) || isLeft(replies.get(recipient)))
    if (left.length === 0) return replies
    const named = left.map(address => ({ address, parameters: this.#parameters.get(address) ?? {} }))
    const reply = await enqueue(this.#needs, this.#transaction, named, message)
    for (const recipient of left) replies.set(recipient, reply)
    return replies
  }

  end(): void {
    this.#hop.end()
  }

  #queue(recipient: Address): Reply {
    this.#queued.add(recipient)
    return recipientOk
  }
}

function isLeft(reply: Reply | undefined): boolean {
  return reply === undefined || isDown(reply)
}

/** Whether a next hop has not answered at all, or only that it is about to go. */
function isDown(reply: Reply): boolean {
  if (!isTemporary(reply)) return false
  const { server, said, code } = remoteOf(reply)
  return server !== undefined && (said === undefined || code === 421)
}
