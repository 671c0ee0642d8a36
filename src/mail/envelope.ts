import type { Address } from './address.ts'

/** The parameters of MAIL FROM that concern the next hop. */
export interface MailParameters {
  /** The size that the client declares, in bytes (RFC 1870). */
  readonly size?: number
  /** RFC 6152. */
  readonly body?: '7BIT' | '8BITMIME'
  /** RFC 6531: addresses or header fields may be in UTF-8. */
  readonly smtputf8?: boolean
  /** REQUIRETLS (RFC 8689, 2): encrypted all the way, or not delivered at all. */
  readonly requireTls?: boolean
  /** The message says `TLS-Required: No` (RFC 8689, 5): rather in clear than not at all, whatever the recipient's domain wants. */
  readonly tlsOptional?: boolean
}

export interface Envelope {
  /** Null for bounces (`MAIL FROM:<>`). */
  readonly sender: Address | null
  readonly recipients: readonly Address[]
}
