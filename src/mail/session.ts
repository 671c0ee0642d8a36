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
  /** Its address is in one of the networks that we relay for. */
  readonly relayed?: boolean
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

/** Whether the client is one of our own: at a listener for our users, or a server that we relay for. Others are strangers. */
export function isSubmission({ listener, relayed }: Session): boolean {
  return listener === 'submission' || relayed === true
}

/** Whether the client may send to the world through us: who has authenticated, and servers of our own networks. */
export function mayRelay({ user, relayed }: Session): boolean {
  return user !== undefined || relayed === true
}
