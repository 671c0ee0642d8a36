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

/** Reads the header section of a message. A line that is no field is passed over; the first empty line ends it. */
export function parseHeader(content: readonly Buffer[]): Field[] {
  const bytes = head(content)
  // One character for each byte: places in the text are places in the message.
  const text = bytes.toString('latin1', 0, endOf(bytes))
  const isAscii = !/[\x80-\xff]/.test(text)
  const fields: Field[] = []
  for (let start = 0; start < text.length && fields.length < headerLimits.fields; ) {
    const end = fieldEnd(text, start)
    const colon = text.indexOf(':', start)
    const name = colon === -1 || colon >= end ? '' : text.slice(start, colon).trimEnd()
    if (/^[\x21-\x7e]+$/.test(name)) {
      const raw = isAscii ? text.slice(colon + 1, end) : bytes.toString('utf8', colon + 1, end)
      fields.push({ name: name.toLowerCase(), value: unfolded(raw), start, end })
    }
    start = end
  }
  return fields
}

/** Where the first empty line begins, or where the header is read no further. */
function endOf(bytes: Buffer): number {
  if (bytes.indexOf(CRLF) === 0) return 0
  const end = bytes.indexOf(blankLine)
  return end === -1 ? bytes.length : end + CRLF.length
}

function unfolded(text: string): string {
  const line = text.trim()
  return line.includes(CRLF) ? line.replaceAll(CRLF, '') : line
}

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
function fieldEnd(text: string, start: number): number {
  let end = start
  do {
    const lineEnd = text.indexOf('\n', end)
    if (lineEnd === -1) return text.length
    end = lineEnd + 1
  } while (text[end] === ' ' || text[end] === '\t')
  return end
}
