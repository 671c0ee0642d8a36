import type { Address } from '../mail/address.ts'
import type { MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'

/** What is known of a message in the queue, whoever it is for. */
export interface QueuedMail {
  /** That of the transaction in which it was taken; a report of ours has one of its own. */
  readonly id: string
  readonly sender: Address | null
  readonly parameters: MailParameters
  /** From one of our own users, who is to be told when it cannot be delivered. A stranger never is. */
  readonly isOwn: boolean
  /** For the next hop, and for what the message is filed under when it is given up. */
  readonly session: Session
}

/** A message that comes into the queue. */
export interface NewMail extends QueuedMail {
  readonly recipients: readonly NewRecipient[]
  /** After so long it is given up, in milliseconds. */
  readonly lifetimeMs: number
  /** After so long its sender hears that it has not been delivered yet; never, unless given. */
  readonly noticeMs?: number
}

export interface NewRecipient {
  readonly address: Address
  readonly parameters: RecipientParameters
}

/** A recipient whose copy is in the queue. */
export interface QueuedRecipient extends NewRecipient {
  /** Its place among the recipients of its message. */
  readonly number: number
  /** How often it has been tried. */
  readonly attempts: number
  /** What was said of it last, or of its domain as a whole. */
  readonly reply?: Reply
  /** How much of its wait was left when it was lent, in milliseconds. */
  readonly restMs: number
}

/** Recipients of one message in one domain, lent to one process: nobody else delivers to them until the lease is over. */
export interface Job {
  readonly mail: QueuedMail
  /** When it came, in milliseconds since 1970. */
  readonly created: number
  readonly size: number
  readonly domain: string
  readonly recipients: readonly QueuedRecipient[]
  readonly message: Message
  /** The first one for a domain that could not be reached before. */
  readonly isProbe: boolean
}

/** What a job has come to for one recipient. */
export interface Result {
  readonly number: number
  /**
   * `delivered` leaves the queue, and so does what is `given up`. `later` is tried again after a while. `back` was not
   * tried at all. `told` waits as before, and its sender has heard of it.
   */
  readonly state: 'delivered' | 'given up' | 'later' | 'back' | 'told'
  /** For those that stay: how long they rest, in milliseconds. */
  readonly delayMs?: number
  readonly reply?: Reply
}
