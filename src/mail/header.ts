import { isAscii } from 'node:buffer'

/** One field of a header section (RFC 5322, 2.2). */
export interface Field {
  /** In lower case. */
  readonly name: string
  /** Unfolded, without the space around it, as UTF-8. */
  readonly value: string
  /** Where the field stands in the message: its first byte, and the first byte behind its line end. */
  readonly start: number
  readonly end: number
}

/** Mail beyond these is handed on, but its header is read no further. */
export const headerLimits = { bytes: 256 * 1024, fields: 1000 } as const

/** Reads the header section of a message. A line that is no field is passed over; the first empty line ends it. */
export function parseHeader(content: readonly Buffer[]): Field[] {
  const bytes = head(content)
  // Each character is a byte: to cut a string is much faster than to cut a Buffer.
  const text = bytes.toString('latin1')
  const isPlain = isAscii(bytes)
  const fields: Field[] = []
  let start = 0
  while (start < text.length && fields.length < headerLimits.fields && !text.startsWith('\r\n', start)) {
    const end = fieldEnd(text, start)
    const field = text.slice(start, end)
    const colon = field.indexOf(':')
    const name = colon === -1 ? '' : field.slice(0, colon).trimEnd()
    if (/^[\x21-\x7e]+$/.test(name)) {
      const value = field.slice(colon + 1).replaceAll('\r\n', '')
      // Only what is decoded may be trimmed: half a character may look like white space.
      fields.push({ name: name.toLowerCase(), value: (isPlain ? value : decode(value)).trim(), start, end })
    }
    start = end
  }
  return fields
}

const blankLine = Buffer.from('\r\n\r\n')

/** The header section and the empty line behind it, copied only when they are spread over several chunks. */
function head(content: readonly Buffer[]): Buffer {
  const first = (content[0] ?? Buffer.alloc(0)).subarray(0, headerLimits.bytes)
  const end = first.indexOf(blankLine)
  if (end !== -1) return first.subarray(0, end + blankLine.length)
  if (content.length <= 1) return first
  const parts: Buffer[] = []
  let length = 0
  for (const chunk of content) {
    if (length >= headerLimits.bytes) break
    const part = chunk.subarray(0, headerLimits.bytes - length)
    parts.push(part)
    length += part.length
  }
  return Buffer.concat(parts)
}

/** Behind the last line that belongs to the field: continuation lines start with white space. */
function fieldEnd(text: string, start: number): number {
  let end = start
  do {
    const lineEnd = text.indexOf('\n', end)
    if (lineEnd === -1) return text.length
    end = lineEnd + 1
  } while (text[end] === ' ' || text[end] === '\t')
  return end
}

/** UTF-8, of which each byte is a character. */
function decode(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString()
}
