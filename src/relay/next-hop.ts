import type { Meter } from '../engine/meter.ts'
import type { HopAddress } from './connect-socket.ts'
import type { RelayTimeouts } from './relay-timeouts.ts'

/**
 * How far the connection to a next hop is protected. `opportunistic`: TLS when it is offered, whatever the certificate,
 * and in clear when that fails; `required`: STARTTLS or no mail; `implicit`: TLS from the first byte.
 */
export type TlsMode = 'opportunistic' | 'required' | 'implicit' | 'off'

/** How a next hop is told who the client was. */
export type IdentityMode = 'xclient' | 'xforward' | 'proxy' | 'none'

/** A mail server behind us, and how to speak with it. */
export interface NextHop {
  /** For the trace: `smtp://10.0.0.5:25`. */
  readonly name: string
  readonly address: HopAddress
  readonly protocol: 'smtp' | 'lmtp'
  /** The name that we greet it with. */
  readonly hostname: string
  readonly tls: TlsMode
  /** Whether `required` and `implicit` check the certificate against the host name. */
  readonly verify: boolean
  /** Certificates to trust instead of the system's (PEM). */
  readonly ca?: string
  readonly identity: IdentityMode
  /** What becomes of mail declared 8BITMIME when the hop does not offer that. Mail is never re-encoded: it may be signed. */
  readonly eightBit: 'send' | 'refuse'
  /** Whether Return-Path is put on top: for an MDA that does not do it itself. */
  readonly returnPath: boolean
  readonly timeouts: RelayTimeouts
  readonly maxConnections: number
  readonly meter?: Meter
}
