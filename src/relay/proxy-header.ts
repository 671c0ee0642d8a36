import { isIPv4, isIPv6 } from 'node:net'
import type { Client } from '../mail/session.ts'

/** One end of a connection. */
export interface Endpoint {
  readonly ip: string
  readonly port: number
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const proxyCommand = 0x21
const tcpOverIPv4 = 0x11
const tcpOverIPv6 = 0x21

/** The header of the PROXY protocol, version 2, that tells a server who connects to it through us. */
export function proxyHeader(client: Client, server: Endpoint): Buffer {
  const inIPv4 = isIPv4(client.ip) && isIPv4(server.ip)
  const addresses = Buffer.concat([client, server].map(({ ip }) => (inIPv4 ? bytesOfIPv4(ip) : bytesOfIPv6(ip))))
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(client.port, 0)
  ports.writeUInt16BE(server.port, 2)
  const head = Buffer.from([proxyCommand, inIPv4 ? tcpOverIPv4 : tcpOverIPv6, 0, addresses.length + ports.length])
  return Buffer.concat([signature, head, addresses, ports])
}

function bytesOfIPv4(ip: string): Buffer {
  return Buffer.from(ip.split('.').map(Number))
}

/** Both addresses are of one family in the header: an IPv4 address among IPv6 is a mapped one. */
function bytesOfIPv6(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytesOfIPv4(ip)])
  const [head = [], tail] = withoutTrailingIPv4(ip).split('::').map(groups)
  const zeros = tail ? Array(8 - head.length - tail.length).fill(0) : []
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...head, ...zeros, ...(tail ?? [])].entries()) bytes.writeUInt16BE(group, index * 2)
  return bytes
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`. */
function withoutTrailingIPv4(ip: string): string {
  const address = isIPv6(ip) ? (ip.split('%')[0] ?? ip) : '::'
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, dotted => {
    const hex = bytesOfIPv4(dotted).toString('hex')
    return `${hex.slice(0, 4)}:${hex.slice(4)}`
  })
}

function groups(text: string): number[] {
  return text ? text.split(':').map(group => Number.parseInt(group, 16)) : []
}
