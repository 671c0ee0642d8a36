import { isIP } from 'node:net'
import { canonicalAddress } from '../mail/network.ts'
import type { ProxyReading } from './proxy-header.ts'

/** The longest header of version 1, with its CRLF. */
const maximum = 107
const prefix = 'PROXY '

/** The readable version: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 25`. */
export function readVersion1(bytes: Buffer): ProxyReading {
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, maximum))
  if (!start.startsWith(prefix.slice(0, start.length))) return 'broken'
  const end = start.indexOf('\r\n')
  if (end === -1) return start.length < maximum ? 'incomplete' : 'broken'
  const [, family = '', source = '', destination = '', ...ports] = start.slice(0, end).split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { length }
  const kind = { TCP4: 4, TCP6: 6 }[family]
  if (!kind || isIP(source) !== kind || isIP(destination) !== kind || ports.length !== 2 || !ports.every(isPort)) return 'broken'
  return { length, client: { ip: canonicalAddress(source), port: Number(ports[0]) } }
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}
