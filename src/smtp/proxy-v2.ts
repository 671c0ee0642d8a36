import { canonicalAddress } from '../mail/network.ts'
import type { ProxyReading } from './proxy-header.ts'

export const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** Signature, version and command, family and protocol, length of the rest. */
const fixedBytes = 16
/** What the specification calls enough for every header: the fixed part, the largest addresses, and TLVs as room is left. */
const maximum = 536

const LOCAL = 0x20
const PROXY = 0x21
/** How long the addresses are, by family and protocol: only TCP carries SMTP. */
const families: Readonly<Record<number, number>> = { 17: 4, 33: 16 }

/** The binary version. Additional fields (TLVs) are checked for their lengths and passed over. */
export function readVersion2(bytes: Buffer): ProxyReading {
  if (bytes.length < fixedBytes) return 'incomplete'
  const [command, family] = [bytes.readUInt8(12), bytes.readUInt8(13)]
  const length = fixedBytes + bytes.readUInt16BE(14)
  if (length > maximum || (command !== LOCAL && command !== PROXY)) return 'broken'
  if (bytes.length < length) return 'incomplete'
  // A local connection's addresses must be ignored, and so must families we do not know.
  if (command === LOCAL || family === 0) return { length }
  return readAddresses(bytes.subarray(fixedBytes, length), length, families[family])
}

function readAddresses(bytes: Buffer, length: number, size: number | undefined): ProxyReading {
  if (size === undefined) return 'broken'
  const ports = size * 2
  if (bytes.length < ports + 4 || !areFields(bytes.subarray(ports + 4))) return 'broken'
  return { length, client: { ip: addressOf(bytes.subarray(0, size)), port: bytes.readUInt16BE(ports) } }
}

function addressOf(bytes: Buffer): string {
  const groups = bytes.length === 4 ? bytes.join('.') : bytes.toString('hex').match(/.{4}/g)?.join(':')
  return canonicalAddress(groups ?? '')
}

/** Whether these are additional fields, each with a type, its length and as many bytes. */
function areFields(bytes: Buffer): boolean {
  let at = 0
  while (at + 3 <= bytes.length) at += 3 + bytes.readUInt16BE(at + 1)
  return at === bytes.length
}
