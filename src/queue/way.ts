import type { Transport } from '../engine/transport.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { QueuedMail, QueuedRecipient } from './record.ts'

/** How the mail for a domain is brought there at present. */
export interface Way {
  readonly transport: Transport
  /** Who takes the mail of this domain and others: what one of them can take, all share. */
  readonly provider: string
  /** A next hop of our own is tried sooner again. */
  readonly isOwn?: boolean
  /** Nothing lies behind it: what it has taken is in the mailbox. */
  readonly isFinal?: boolean
}

/** Finds the way to a domain; a reply says why there is none, for now (4yz) or for good. */
export type FindWay = (domain: string, mail: QueuedMail) => Way | Reply | Promise<Way | Reply>

/** What cannot be delivered and cannot be reported to anybody. */
export interface Stranded {
  readonly mail: QueuedMail
  /** When it came, in milliseconds since 1970. */
  readonly created: number
  readonly recipients: readonly QueuedRecipient[]
  /** The last word on each of them, in the same order. */
  readonly replies: readonly Reply[]
  readonly message: Message
}

/** Keeps it safely where a person finds it; rejects when it cannot. */
export type Keep = (stranded: Stranded) => Promise<void>
