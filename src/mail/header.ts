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

const CRLF = '\r\n'
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a

/** Reads the header section of a message. A line that is no field is passed over; the first empty line ends it. */
export function parseHeader(content: readonly Buffer[]): Field[] {
  const bytes = head(content)
  const fields: Field[] = []
  let start = 0
  while (start < bytes.length && fields.length < headerLimits.fields && !bytes.subarray(start, start + 2).equals(crlf)) {
    const end = fieldEnd(bytes, start)
    const field = parseField(bytes, start, end)
    if (field) fields.push(field)
    start = end
  }
  return fields
}

const crlf = Buffer.from(CRLF)
const blankLine = Buffer.from(CRLF + CRLF)

/** The first bytes of the content, copied only when they are spread over several chunks. */
function head(content: readonly Buffer[]): Buffer {
  const first = content[0] ?? Buffer.alloc(0)
  if (content.length <= 1 || first.includes(blankLine)) return first.subarray(0, headerLimits.bytes)
  const parts: Buffer[] = []
  let length = 0
  for (const chunk of content) {
    if (length >= headerLimits.bytes) break
    parts.push(chunk)
    length += chunk.length
  }
  return Buffer.concat(parts).subarray(0, headerLimits.bytes)
}

/** Behind the last line that belongs to the field: continuation lines start with white space. */
function fieldEnd(bytes: Buffer, start: number): number {
  let end = start
  do {
    const lineEnd = bytes.indexOf(LF, end)
    if (lineEnd === -1) return bytes.length
    end = lineEnd + 1
  } while (bytes[end] === SPACE || bytes[end] === TAB)
  return end
}

function parseField(bytes: Buffer, start: number, end: number): Field | undefined {
  const colon = bytes.indexOf(COLON, start)
  if (colon === -1 || colon >= end) return undefined
  const name = bytes.toString('latin1', start, colon).trimEnd()
  if (!/^[\x21-\x7e]+$/.test(name)) return undefined
  const value = bytes
    .toString('utf8', colon + 1, end)
    .replaceAll(CRLF, '')
    .trim()
  return { name: name.toLowerCase(), value, start, end }
}
