import type { Address } from '../mail/address.ts'
import type { Envelope, MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'
import type { Trace } from './trace.ts'

/** Somewhere mail can go: a next hop, a Maildir. */
export interface Transport {
  /** For the trace: `smtp://10.0.0.5:25`. */
  readonly name: string
  /** Opens a transaction of its own. Nothing need happen before the first recipient is asked for. */
  begin(transaction: Transaction): Delivery
}

/** What a transport is told before the recipients. */
export interface Transaction {
  readonly id: string
  readonly session: Session
  readonly sender: Address | null
  readonly parameters: MailParameters
}

/** One transaction with a transport. Trouble is a reply (4yz with a `detail`), never an exception. */
export interface Delivery {
  /** Whether mail for this recipient would be taken, and how the one who knows puts it. */
  ask(recipient: Address, parameters?: RecipientParameters): Promise<Reply>
  /**
   * Hands the message over for some or all of the recipients that were taken, once. An accepting reply means
   * that the copy is safe: on the next hop's word, or on disk with its folder.
   */
  send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>>
  /** The other side has taken over to tell the sender of success, if that was asked for (RFC 3461, 5.2.2). */
  readonly tellsSender?: boolean
  /** Ends the transaction, whatever its state. */
  end(): void
}

/** Where copies wait for a person to look at them. */
export interface Quarantine {
  /** Keeps a copy safely on disk. Rejects when it cannot: then the mail must not be accepted. */
  hold(envelope: Envelope, message: Message, trace: Trace): Promise<Held>
}

export interface Held {
  /** Takes the copy back: the message was refused after all, and the sender still has it. */
  discard(): Promise<void>
}

/** Where a recipient's mail goes. */
export interface Route {
  readonly transport: Transport
  /** The address by which the transport knows the recipient. */
  readonly recipient: Address
}
