/** One client's connection, as far as it has been heard. */
export interface Session {
  readonly id: string
  /** What the listener is for: mail from strangers, or from our own users (RFC 6409). */
  readonly listener: 'mx' | 'submission'
  readonly client: Client
  /** The name that the client gave in HELO or EHLO. */
  readonly helo?: string
  /** Greeted with EHLO rather than HELO. */
  readonly esmtp?: boolean
  readonly tls?: Tls
  /** The account that has authenticated. */
  readonly user?: string
  readonly violations: readonly Violation[]
}

export interface Client {
  readonly ip: string
  readonly port: number
}

export interface Tls {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly protocol: string
  readonly cipher: string
}

/** What no patient client does: talking before the greeting, or sending commands ahead before PIPELINING was offered. */
export type Violation = 'talked-before-greeting' | 'pipelined-before-ehlo'
