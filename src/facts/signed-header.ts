import { type Field, headerLimits } from '../mail/header.ts'
import type { Message } from '../mail/message.ts'

/** The header section of a message as signatures see it. */
export interface SignedHeader {
  readonly fields: readonly SignedField[]
  /** It ends where we still read it. */
  readonly isWhole: boolean
  /** Where the body begins. */
  readonly bodyStart: number
  /** It begins with a field, every line ends with CRLF, and there is no CR or LF elsewhere. */
  readonly isPlain: boolean
}

/**
 * The lines up to the next field are part of a field, whether they begin with white space or not: appended, they break a
 * signature; read in any other way, they might be shown to somebody although nobody has signed them.
 */
export interface SignedField extends Field {
  readonly lines: number
  /** All of it as it came, with its last line end: each character is a byte. */
  readonly text: string
}

// As in mailauth's parseHeaders: the colon may stand on the next line.
const fieldStart = /([\x21-\x39\x3b-\x7e]+)[ \t]*(?:\r?\n[ \t]*)?:/y

/** Reads the header section, so that what a signature costs is known before it is verified. */
export async function readSignedHeader(message: Message): Promise<SignedHeader> {
  const bytes = await beginning(message)
  const text = bytes.toString('latin1', 0, endOfSearch(bytes))
  const { fields, end, isPlain } = cut(text)
  return {
    fields,
    isWhole: end <= headerLimits.bytes && (end < bytes.length || bytes.length === message.size),
    bodyStart: text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length),
    isPlain,
  }
}

/** As much of the message as holds its header section, if it is not too long. */
async function beginning(message: Message): Promise<Buffer> {
  const most = headerLimits.bytes + '\r\n'.length
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of message.chunks()) {
    const part = chunk.subarray(0, most - length)
    parts.push(part)
    length += part.length
    if (length >= most || part.includes('\r\n\r\n')) break
  }
  const [first = Buffer.alloc(0)] = parts
  return parts.length > 1 ? Buffer.concat(parts) : first
}

/** Behind the first empty line there is no header, but there may be one before it that ends otherwise. */
function endOfSearch(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  return end === -1 ? bytes.length : end + 4
}

/** Cuts a header section at its fields, and ends at the first empty line. */
function cut(text: string): Pick<SignedHeader, 'fields' | 'isPlain'> & { readonly end: number } {
  const fields: HeaderField[] = []
  let [start, fieldAt, lines, isPlain] = [0, 0, 0, true]
  let name: string | undefined
  while (start < text.length) {
    const lf = text.indexOf('\n', start)
    if (lf === start || (lf === start + 1 && text[start] === '\r')) break
    // Once it is not, nobody looks for a CR in vain in all that follows.
    if (isPlain && (lf === -1 || text.indexOf('\r', start) !== lf - 1)) isPlain = false
    fieldStart.lastIndex = start
    const begun = fieldStart.exec(text)?.[1]
    if (begun !== undefined) {
      if (start > 0) fields.push(new HeaderField(text, { name, start: fieldAt, end: start, lines }))
      name = begun
      fieldAt = start
      lines = 0
    }
    if (lf !== -1) lines++
    start = lf === -1 ? text.length : lf + 1
  }
  if (start > 0) fields.push(new HeaderField(text, { name, start: fieldAt, end: start, lines }))
  return { fields, end: start, isPlain: isPlain && fields[0]?.isNamed !== false }
}

/** What is not needed of most fields is only found out when it is asked for. */
class HeaderField implements SignedField {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly lines: number
  readonly text: string
  /** Its first line is the first line of a field: of all but the first field it is. */
  readonly isNamed: boolean

  constructor(
    header: string,
    { name, start, end, lines }: { name: string | undefined; start: number; end: number; lines: number },
  ) {
    this.text = header.slice(start, end)
    this.isNamed = name !== undefined
    // The first line is a field for mailauth, whatever it looks like.
    this.name = (name ?? this.#unfolded.split(':', 1)[0] ?? '').trim().toLowerCase()
    this.start = start
    this.end = end
    this.lines = lines
  }

  get value(): string {
    return Buffer.from(this.#unfolded.replace(/^[^:]*:?/, ''), 'latin1')
      .toString()
      .trim()
  }

  get #unfolded(): string {
    return this.text.replaceAll(/\r?\n/g, '')
  }
}
