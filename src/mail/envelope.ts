import type { Address } from './address.ts'

/** The parameters of MAIL FROM that concern the next hop. */
export interface MailParameters {
  /** The size that the client declares, in bytes (RFC 1870). */
  readonly size?: number
  /** RFC 6152. */
  readonly body?: '7BIT' | '8BITMIME'
  /** RFC 6531: addresses or header fields may be in UTF-8. */
  readonly smtputf8?: boolean
  /** RFC 8689: rather not at all than without TLS that is verified. */
  readonly requireTls?: boolean
  /** How much of the message a report shall return (RFC 3461, 4.3). */
  readonly ret?: 'FULL' | 'HDRS'
  /** What a report shall call the transaction (RFC 3461, 4.4), decoded. */
  readonly envid?: string
}

/** When a sender wants a report about a recipient (RFC 3461, 4.1). */
export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

/** The parameters of RCPT TO that concern the next hop. */
export interface RecipientParameters {
  /** `NEVER` alone, or any of the others. */
  readonly notify?: readonly Notify[]
  /** The recipient as the sender's system knew it (RFC 3461, 4.2), decoded: `rfc822;bob@example.org`. */
  readonly orcpt?: string
}

export interface Envelope {
  /** Null for bounces (`MAIL FROM:<>`). */
  readonly sender: Address | null
  readonly recipients: readonly Address[]
}
