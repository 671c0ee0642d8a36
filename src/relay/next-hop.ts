import type { SecureContext } from 'node:tls'
import type { Meter } from '../engine/meter.ts'
import type { PeerCheck } from './client-connection.ts'
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
  /** What we are to it: it decides how its trouble is put into words. `next-hop` unless told. */
  readonly role?: HopRole
  /** Its name, where the address is only an address: for SNI and the certificate. */
  readonly serverName?: string
  /** The authorities to trust and the protocols to speak, made once for many servers; instead of `ca`. */
  readonly secureContext?: SecureContext
  /** Checks the certificate instead of `verify`. */
  readonly checkPeer?: PeerCheck
  /** Who we are to it: said under TLS only, and without TLS nothing is said at all. */
  readonly credentials?: Credentials
}

/** A mail server behind us, one of a stranger's domain (its MX), or one that sends our mail on for us. */
export type HopRole = 'next-hop' | 'exchanger' | 'smarthost'

/** For AUTH (RFC 4954). */
export interface Credentials {
  readonly user: string
  readonly password: string
}
