import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A range of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address alone. */
export interface Network {
  readonly text: string
  contains(ip: string): boolean
}

/** Parses an address or a CIDR range; `undefined` for anything else. IPv4 in IPv6 clothes is IPv4. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits] = text.split('/', 2)
  // ipaddr.js alone reads 010.0.0.1 as 8.0.0.1: only what Node calls an address may pass.
  if (!isIP(address) || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  const base = ipaddr.process(address)
  const prefix = bits === undefined ? width(base) : Number(bits)
  if (prefix > width(base)) return undefined
  const contains = base.kind() === 'ipv4' ? containsIPv4(base.toString(), prefix) : undefined
  return {
    text,
    contains: ip => (contains && isIPv4(ip) ? contains(ip) : isIP(ip) !== 0 && matches(ipaddr.process(ip), base, prefix)),
  }
}

/** The same by arithmetic: each connection is looked up in several lists. */
function containsIPv4(base: string, prefix: number): (ip: string) => boolean {
  const size = 2 ** (32 - prefix)
  const block = Math.floor(numberOf(base) / size)
  return ip => Math.floor(numberOf(ip) / size) === block
}

function numberOf(ipv4: string): number {
  let number = 0
  for (const part of ipv4.split('.')) number = number * 256 + Number(part)
  return number
}

/** One spelling for each address: `::ffff:192.0.2.1` is `192.0.2.1`, IPv6 is compressed and lower case. */
export function canonicalAddress(ip: string): string {
  if (isIPv4(ip)) return ip
  return isIP(ip) ? ipaddr.process(ip.split('%')[0] as string).toString() : ip
}

/** The network that a client is counted with: its /24, or its /64. */
export function neighbourhood(ip: string): string {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`
  const address = ipaddr.process(ip)
  const bytes = address.toByteArray()
  if (address.kind() === 'ipv4') return `${bytes.slice(0, 3).join('.')}.0/24`
  return `${ipaddr.fromByteArray([...bytes.slice(0, 8), ...Array(8).fill(0)]).toString()}/64`
}

/** The name under which an address is asked for in a reverse zone or a blocklist (RFC 5782, 2.1): `1.2.0.192`. */
export function reversed(ip: string): string {
  if (isIPv4(ip)) return ip.split('.').reverse().join('.')
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toByteArray().toReversed().join('.')
  const nibbles = Buffer.from(address.toByteArray()).toString('hex')
  return [...nibbles].toReversed().join('.')
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6

function width(address: Parsed): number {
  return address.kind() === 'ipv4' ? 32 : 128
}

function matches(address: Parsed, base: Parsed, prefix: number): boolean {
  return address.kind() === base.kind() && address.match(base as ipaddr.IPv4, prefix)
}

/** Whether an address is one of the Internet: not of a network of one's own, nor for documentation. */
export function isPublicAddress(ip: string): boolean {
  return isIP(ip) !== 0 && ipaddr.process(ip).range() === 'unicast'
}
