/**
 * Names of the DNS as bytes (RFC 1035, 3.1): in text each character is one byte and dots stand between labels.
 * dns-packet reads and writes names as UTF-8, which loses any byte that is not ASCII.
 */

/** Of a name in its wire form, and so of its text (RFC 1035, 2.3.4). */
export const longestName = 255
const limits = { label: 63, pointers: 32 } as const
const POINTER = 0xc0
const DOT = 0x2e

/** The bytes that a name takes in its wire form, if there can be such a name. */
export function nameLength(name: string): number {
  return name.endsWith('.') ? name.length + 1 : name.length + 2
}

/** Writes a name in its wire form. False if no such name can exist (RFC 1035, 2.3.4), or if it is not made of bytes. */
export function writeName(name: string, packet: Buffer, start: number): boolean {
  const end = nameLength(name) - 2
  if (end + 2 > longestName) return false
  let label = start
  for (let index = 0; index <= end; index += 1) {
    const code = index === end ? DOT : name.charCodeAt(index)
    const at = start + 1 + index
    if (code > 0xff) return false
    if (code !== DOT) packet[at] = code
    else {
      const size = at - label - 1
      if (size === 0 || size > limits.label) return false
      packet[label] = size
      label = at
    }
  }
  packet[label] = 0
  return true
}

/** Lower case for ASCII letters only: in a name the other bytes are no letters (RFC 4343). */
export function lowerCase(name: string): string {
  if (!/[A-Z]/.test(name)) return name
  return /^[\x00-\x7f]*$/.test(name) ? name.toLowerCase() : name.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}

interface Suffix {
  readonly text: string
  /** In the wire form, uncompressed. */
  readonly length: number
}

/** Reads the names of one packet, compressed or not, in lower case and without the final dot. */
export class NameReader {
  readonly #packet: Buffer
  // A thousand records may end in the same hundred labels: what a pointer leads to is read once.
  #suffixes: Map<number, Suffix> | undefined

  constructor(packet: Buffer) {
    this.#packet = packet
  }

  /** The name that starts at an offset. */
  read(offset: number): string {
    return this.#readFrom(offset, 0).text
  }

  #readFrom(offset: number, pointers: number): Suffix {
    const labels: string[] = []
    let at = offset
    let size = this.#packet.readUInt8(at)
    for (; size > 0 && size < POINTER; size = this.#packet.readUInt8(at)) {
      if (size > limits.label || at - offset > longestName) throw new RangeError('a name is too long')
      labels.push(readLabel(this.#packet, at + 1, size))
      at += size + 1
    }
    const suffix = size === 0 ? root : this.#follow(at, pointers)
    const length = at - offset + suffix.length
    if (length > longestName) throw new RangeError('a name is too long')
    if (suffix.text !== '') labels.push(suffix.text)
    return { text: labels.join('.'), length }
  }

  #follow(at: number, pointers: number): Suffix {
    const target = this.#packet.readUInt16BE(at) & 0x3fff
    // RFC 1035, 4.1.4: a pointer leads to a prior name. Anything else could be followed for ever.
    if (target >= at) throw new RangeError('a name points forward')
    if (pointers === limits.pointers) throw new RangeError('a name has too many pointers')
    this.#suffixes ??= new Map()
    const suffix = this.#suffixes.get(target) ?? this.#readFrom(target, pointers + 1)
    this.#suffixes.set(target, suffix)
    return suffix
  }
}

const root: Suffix = { text: '', length: 1 }

/** The offset behind the name that starts here. */
export function skipName(packet: Buffer, offset: number): number {
  let at = offset
  for (let size = packet.readUInt8(at); size !== 0; size = packet.readUInt8(at)) {
    if (size >= POINTER) return at + 2
    if (size > limits.label || at - offset > longestName) throw new RangeError('a name is too long')
    at += size + 1
  }
  return at + 1
}

function readLabel(packet: Buffer, start: number, size: number): string {
  if (start + size > packet.length) throw new RangeError('a name ends behind the packet')
  // A dot inside a label must not pass for one between labels: it would let `mail.example.com` be one label of somebody else's.
  return lowerCase(packet.toString('latin1', start, start + size)).replaceAll('.', '\\.')
}
