import type { Address } from '../mail/address.ts'
import type { MailParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import type { Session } from '../mail/session.ts'

/** The moments of an SMTP dialogue at which something new is known and an answer is due. */
export type Phase = 'connect' | 'helo' | 'mail' | 'rcpt' | 'message'

/** All phases, in their order. */
export const phases: readonly Phase[] = ['connect', 'helo', 'mail', 'rcpt', 'message']

/** What is known at each phase. */
export interface Known {
  connect: { readonly session: Session }
  helo: Known['connect'] & { readonly session: { readonly helo: string } }
  /** `sender` is null for bounces (`MAIL FROM:<>`). */
  mail: Known['helo'] & { readonly sender: Address | null; readonly parameters: MailParameters }
  /** `others` are the recipients that were taken before it, `unknown` how many were refused because they do not exist. */
  rcpt: Known['mail'] & { readonly recipient: Address; readonly others: readonly Address[]; readonly unknown: number }
  /** `recipients` are those the verdict will count for. */
  message: Known['mail'] & { readonly recipients: readonly Address[]; readonly message: Message }
}

/** The phases whose facts may be used at a given phase. */
export interface Past {
  connect: 'connect'
  helo: 'connect' | 'helo'
  mail: 'connect' | 'helo' | 'mail'
  rcpt: 'connect' | 'helo' | 'mail' | 'rcpt'
  message: 'connect' | 'helo' | 'mail' | 'message'
}
