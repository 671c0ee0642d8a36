import type { Meter } from '../engine/meter.ts'
import type { Transport } from '../engine/transport.ts'
import type { Destination } from './destination.ts'
import { MaildirTransport } from './maildir-transport.ts'
import type { Credentials, HopRole, IdentityMode, NextHop, TlsMode } from './next-hop.ts'
import type { PoolCounts } from './pool.ts'
import { type RelayTimeouts, relayTimeouts } from './relay-timeouts.ts'
import { SmtpTransport } from './smtp-transport.ts'

/** What can be said about a next hop besides where it is. */
export interface TransportOptions {
  /** Our name, with which next hops are greeted. */
  readonly hostname: string
  /** By default `opportunistic` for SMTP, and off for LMTP: that is on this machine or in a network of one's own. */
  readonly tls?: Exclude<TlsMode, 'implicit'>
  /** Whether a required certificate is checked against the host name. */
  readonly verify?: boolean
  readonly ca?: string
  readonly identity?: IdentityMode
  readonly eightBit?: NextHop['eightBit']
  /** For LMTP to an MDA that does not add Return-Path itself. Dovecot does, so it is off. */
  readonly returnPath?: boolean
  readonly timeouts?: Partial<RelayTimeouts>
  readonly maxConnections?: number
  readonly meter?: Meter
  readonly role?: HopRole
  readonly credentials?: Credentials
}

/** A transport that may hold connections. */
export interface OpenTransport extends Transport {
  readonly pool?: PoolCounts | undefined
  close(): void
}

/** Half of what Postfix takes at once by default (default_process_limit = 100): others want to be served too. */
export const hopConnections = 50

/** The transport that brings mail to a destination. Nothing is connected yet; a Maildir that is for all is made, or this throws. */
export function openTransport(destination: Destination, options: TransportOptions): OpenTransport {
  if (destination.kind === 'maildir') return new MaildirTransport(destination.path)
  const { hostname, verify = true, ca, identity = 'none', eightBit = 'send', meter, role, credentials } = options
  return new SmtpTransport({
    name: destination.text,
    address: destination.address,
    protocol: destination.kind,
    hostname,
    tls: tlsMode(destination, options),
    verify,
    ...(ca !== undefined && { ca }),
    identity,
    eightBit,
    returnPath: options.returnPath ?? false,
    timeouts: { ...relayTimeouts, ...options.timeouts },
    maxConnections: options.maxConnections ?? hopConnections,
    ...(meter && { meter }),
    ...(role && { role }),
    ...(credentials && { credentials }),
  })
}

function tlsMode(destination: Exclude<Destination, { kind: 'maildir' }>, { tls }: TransportOptions): TlsMode {
  if (destination.kind === 'smtp' && destination.implicitTls) return 'implicit'
  return tls ?? (destination.kind === 'smtp' ? 'opportunistic' : 'off')
}
