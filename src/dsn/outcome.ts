import type { Address } from '../mail/address.ts'
import type { MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'

/** What is reported of a recipient (RFC 3464, 2.3.3). */
export type Action = 'failed' | 'delayed' | 'delivered' | 'relayed'

/** What has become of one recipient's copy. */
export interface Outcome {
  readonly address: Address
  readonly parameters: RecipientParameters
  readonly action: Action
  readonly reply: Reply
  /** The server that said so, and its own words; absent when none was reached. */
  readonly server?: string
  readonly said?: string
}

/** All that a report says. */
export interface Report {
  /** The name of the gateway, which speaks. */
  readonly hostname: string
  /** The id of the report itself. */
  readonly id: string
  /** The id of the message that it is about. */
  readonly about: string
  readonly to: Address
  readonly parameters: MailParameters
  readonly outcomes: readonly Outcome[]
  readonly message: Message
  /** When the message came, when it was tried last, and until when it will be. */
  readonly arrived: Date
  readonly now: Date
  readonly retryUntil?: Date
}

/** Whether the sender wants to be told of this (RFC 3461, 4.1): of failure and delay unless it says otherwise, of success only when it says so. */
export function isWanted({ notify }: RecipientParameters, action: Action): boolean {
  if (action === 'failed') return notify?.includes('FAILURE') ?? true
  if (action === 'delayed') return notify?.includes('DELAY') ?? true
  return notify?.includes('SUCCESS') ?? false
}
