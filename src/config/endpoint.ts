import { isIP } from 'node:net'
import { parseDomain } from '../mail/address.ts'

/** An address to listen on or to connect to. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Reads `192.0.2.1:25`, `[2001:db8::1]:25`, `localhost:2525`; `undefined` for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, v6, name = '', digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+)):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return undefined
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined
  // What looks like an IPv4 address must be one: 10.0.0.300 is no host name.
  const isName = !/^[\d.]+$/.test(name) && parseDomain(name) !== undefined
  return isIP(name) === 4 || isName ? { host: name, port } : undefined
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
