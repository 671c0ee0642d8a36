import type { Address } from './address.ts'

/** The parameters of MAIL FROM that concern the next hop. */
export interface MailParameters {
  /** The size that the client declares, in bytes (RFC 1870). */
  readonly size?: number
  /** RFC 6152. */
  readonly body?: '7BIT' | '8BITMIME'
  /** RFC 6531: addresses or header fields may be in UTF-8. */
  readonly smtputf8?: boolean
  /** RFC 8689: only over connections whose other end is proved to be the right one. */
  readonly requireTls?: boolean
  /** The message says `TLS-Required: No` (RFC 8689, 5): rather in clear than not at all, whatever the recipient's domain wants. */
  readonly tlsOptional?: boolean
  /** Whether reports bring the whole message back, or its header (RFC 3461, 4.3). */
  readonly ret?: 'FULL' | 'HDRS'
  /** The sender's own name for the message, decoded (RFC 3461, 4.4). */
  readonly envid?: string
}

/** When a sender wants to be told what has become of a copy (RFC 3461, 4.1). */
export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

/** The parameters of RCPT TO (RFC 3461). */
export interface RecipientParameters {
  /** Absent, that is up to us: failure and delay. */
  readonly notify?: readonly Notify[]
  /** The recipient as the sender first named it, decoded, with its type in front: `rfc822;ann@example.org`. */
  readonly orcpt?: string
}

export interface Envelope {
  /** Null for bounces (`MAIL FROM:<>`). */
  readonly sender: Address | null
  readonly recipients: readonly Address[]
}
