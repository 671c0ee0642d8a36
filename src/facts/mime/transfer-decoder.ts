/** Undoes a transfer encoding (RFC 2045, 6), piece by piece. */
export interface TransferDecoder {
  decode(piece: Buffer): Buffer
  /** What was held back for the next piece. */
  end(): Buffer
}

/** The decoder for a Content-Transfer-Encoding. What is not known is taken as it is. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding.includes('base64')) return new Base64Decoder()
  if (encoding.includes('quoted-printable')) return new QuotedPrintableDecoder()
  return { decode: piece => piece, end: () => nothing }
}

const nothing = Buffer.alloc(0)
const [LF, CR, SPACE, TAB, EQUALS] = [0x0a, 0x0d, 0x20, 0x09, 0x3d] as const

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const noDigit = 255
const values = new Uint8Array(256).fill(noDigit)
for (const [value, digit] of [...digits].entries()) values[digit.charCodeAt(0)] = value

/** Buffer's own decoder stops at the first `=`, though some programs pad every line. */
class Base64Decoder implements TransferDecoder {
  #bits = 0
  #count = 0

  decode(piece: Buffer): Buffer {
    const decoded = Buffer.allocUnsafe(piece.length)
    let length = 0
    // A loop over millions of bytes: fields of the object would make it twice as slow.
    let [bits, count] = [this.#bits, this.#count]
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0
      const value = values[byte] ?? noDigit
      if (byte === EQUALS) count = 0
      if (value === noDigit) continue
      bits = ((bits << 6) | value) & 0xffff
      count += 6
      if (count < 8) continue
      count -= 8
      decoded[length++] = bits >> count
    }
    this.#bits = bits
    this.#count = count
    return decoded.subarray(0, length)
  }

  end(): Buffer {
    return nothing
  }
}

class QuotedPrintableDecoder implements TransferDecoder {
  #rest: Buffer = nothing

  decode(piece: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, piece])
    const last = bytes.lastIndexOf(EQUALS)
    const end = last > bytes.length - 3 && last !== -1 ? last : bytes.length
    this.#rest = bytes.subarray(end)
    return unquoted(bytes.subarray(0, end))
  }

  end(): Buffer {
    return unquoted(this.#rest)
  }
}

function unquoted(bytes: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0
    const code = byte === EQUALS ? 16 * hexValue(bytes[at + 1]) + hexValue(bytes[at + 2]) : Number.NaN
    const next = byte === EQUALS ? behindSoftBreak(bytes, at + 1) : 0
    if (next > 0) at = next
    else {
      decoded[length++] = Number.isNaN(code) ? byte : code
      at += Number.isNaN(code) ? 1 : 3
    }
  }
  return decoded.subarray(0, length)
}

function hexValue(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const upper = byte & 0xdf
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : Number.NaN
}

/** Where the next line begins, or 0 when this is no soft line break; some programs leave white space in it. */
function behindSoftBreak(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1
  if (bytes[at] === CR) at += 1
  return bytes[at] === LF ? at + 1 : 0
}
