import { type Field, headerLimits } from '../mail/header.ts'
import type { Message } from '../mail/message.ts'

/** The header section of a message as mailauth reads it. */
export interface SignedHeader {
  readonly fields: readonly SignedField[]
  /** It ends where we still read it. */
  readonly isWhole: boolean
}

/**
 * The lines up to the next field are part of a field, whether they begin with white space or not: appended, they break a
 * signature; read in any other way, they might be shown to somebody although nobody has signed them.
 */
interface SignedField extends Field {
  readonly lines: number
}

// As in mailauth's parseHeaders: the colon may stand on the next line.
const fieldStart = /(?<![^\n])[\x21-\x39\x3b-\x7e]+[ \t]*(?:\r?\n[ \t]*)?:/g
const emptyLine = /(?<![^\n])\r?\n/

/** Reads the header section, so that what a signature costs is known before it is verified. */
export async function readSignedHeader(message: Message): Promise<SignedHeader> {
  const bytes = await beginning(message)
  const text = bytes.toString('latin1')
  const end = emptyLine.exec(text)?.index ?? bytes.length
  const starts = [...text.slice(0, end).matchAll(fieldStart)].map(({ index }) => index)
  // The first line is a field for mailauth, whatever it looks like.
  const places = starts[0] === 0 || end === 0 ? starts : [0, ...starts]
  return {
    fields: places.map((start, at) => readField(bytes, start, places[at + 1] ?? end)),
    isWhole: end <= headerLimits.bytes && (end < bytes.length || bytes.length === message.size),
  }
}

/** As much of the message as holds its header section, if it is not too long. */
async function beginning(message: Message): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of message.chunks()) {
    parts.push(chunk)
    length += chunk.length
    if (length > headerLimits.bytes || chunk.includes('\r\n\r\n')) break
  }
  return Buffer.concat(parts).subarray(0, headerLimits.bytes + '\r\n'.length)
}

function readField(bytes: Buffer, start: number, end: number): SignedField {
  const lines = bytes.toString('latin1', start, end).split(/\r?\n/)
  const [, name = '', value = ''] = /^([^:]*):?(.*)$/s.exec(lines.join('')) ?? []
  const text = Buffer.from(value, 'latin1').toString()
  return { name: name.trim().toLowerCase(), value: text.trim(), lines: lines.length - 1, start, end }
}
