import { isIPv4, isIPv6 } from 'node:net'
import { parseDomain } from '../mail/address.ts'
import type { HopAddress } from './connect-socket.ts'

/** Where a domain's mail goes, as the configuration names it. */
export type Destination =
  | { readonly kind: 'smtp'; readonly text: string; readonly address: HopAddress; readonly implicitTls: boolean }
  | { readonly kind: 'lmtp'; readonly text: string; readonly address: HopAddress }
  | { readonly kind: 'maildir'; readonly text: string; readonly path: string }

const forms = 'smtp://host:port, smtps://host:port, lmtp://host:port, lmtp:/path/of/socket or maildir:/path/{local}'

/** Reads a destination; a sentence that says what was expected when it is none. */
export function parseDestination(text: string): Destination | string {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? []
  if (scheme === 'maildir') return maildir(text, rest)
  if (scheme === 'lmtp' && !rest.startsWith('//')) return lmtpSocket(text, rest)
  const port = defaultPorts[scheme]
  if (port === undefined) return `expected ${forms}`
  const address = rest.startsWith('//') ? parseHostAndPort(rest.slice(2), port) : undefined
  if (!address) return `expected ${scheme}://host:port, the host a name, an IPv4 address or an IPv6 address in brackets`
  if (scheme !== 'lmtp') return { kind: 'smtp', text, address, implicitTls: scheme === 'smtps' }
  // RFC 2033, 5: whoever speaks SMTP there would not understand, or worse, nearly.
  return address.port === 25 ? 'expected a port other than 25 for LMTP (RFC 2033, 5)' : { kind: 'lmtp', text, address }
}

const defaultPorts: Readonly<Record<string, number>> = { smtp: 25, smtps: 465, lmtp: 24 }

function lmtpSocket(text: string, path: string): Destination | string {
  return /^\/[^\0]+$/.test(path) ? { kind: 'lmtp', text, address: { path } } : 'expected lmtp://host:port or lmtp:/path/of/socket'
}

function maildir(text: string, path: string): Destination | string {
  if (!path || path.includes('\0')) return 'expected maildir: and a path, such as maildir:/var/mail/{local}'
  const stranger = path.match(/\{[^}]*\}?/g)?.find(word => word !== '{local}' && word !== '{domain}')
  if (stranger !== undefined) return `expected {local} or {domain} in the path of a Maildir, found ${stranger}`
  return { kind: 'maildir', text, path }
}

/** `10.0.0.5:25`, `[::1]:25`, `mail.example.org`. */
function parseHostAndPort(text: string, defaultPort: number): { readonly host: string; readonly port: number } | undefined {
  const [, literal, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]/?#@]+))(?::(\d{1,5}))?\/?$/.exec(text) ?? []
  const host = literal === undefined ? hostName(name) : isIPv6(literal) ? literal : undefined
  const port = digits === undefined ? defaultPort : Number(digits)
  return host !== undefined && port > 0 && port < 65_536 ? { host, port } : undefined
}

function hostName(name: string | undefined): string | undefined {
  if (name === undefined || isIPv4(name)) return name
  // What looks like an address and is none is a typing mistake: 10.0.0.256.
  return /^[\d.]+$/.test(name) ? undefined : parseDomain(name)
}
