/** How long we wait for what, in milliseconds. */
export interface RelayTimeouts {
  /** For a free connection, when all that a next hop may have are in use. */
  readonly waitMs: number
  /** How long a client that says nothing may keep a connection to itself. */
  readonly holdMs: number
  readonly connectMs: number
  /** The banner, the answers to EHLO, STARTTLS, XCLIENT, and the TLS handshake. */
  readonly greetingMs: number
  /** MAIL, RCPT, RSET. */
  readonly commandMs: number
  readonly dataMs: number
  /** For the server to read on while the message is sent. */
  readonly blockMs: number
  /** The answer to the final dot: the server may be scanning or storing. Giving up early makes duplicates. */
  readonly finalDotMs: number
}

/** RFC 5321, 4.5.3.2 is about strangers; one's own next hop is near, and a client is waiting for our answer. */
export const relayTimeouts: RelayTimeouts = {
  waitMs: 10_000,
  holdMs: 5_000,
  connectMs: 10_000,
  greetingMs: 20_000,
  commandMs: 20_000,
  dataMs: 30_000,
  blockMs: 60_000,
  finalDotMs: 300_000,
}
