import type { Reply } from '../mail/reply.ts'
import { badCharacters, badLineEnd, lineTooLong } from './replies.ts'

/** RFC 5321, 4.5.3.1.4, with CRLF. */
const commandBytes = 512
/** What the extensions we offer add to MAIL: SIZE 26 (RFC 1870, 3), BODY 17 (RFC 6152, 2), SMTPUTF8 10 (RFC 6531, 3.1). */
const mailBytes = commandBytes + 26 + 17 + 10

/** No line that is longer can be a command; what follows need not be kept. */
export const longestLine = mailBytes

const CR = 0x0d
const LF = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a command line, which must end with CRLF, without it; or why it cannot be a command. */
export function readCommandLine(line: Buffer): string | Reply {
  const isMail = line.toString('latin1', 0, 5).toUpperCase() === 'MAIL '
  if (line.length > (isMail ? mailBytes : commandBytes)) return lineTooLong
  if (line.at(-1) !== LF || line.at(-2) !== CR) return badLineEnd
  const text = decode(line.subarray(0, -2))
  // With a CR or LF inside, some other server would see two commands; a TAB is no space (RFC 5321, 4.1.1).
  return text === undefined || /[\x00-\x1f\x7f]/.test(text) ? badCharacters : text
}

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // not UTF-8: the caller's answer to it is a refusal
  }
}

/** The first word of a command, in capitals. */
export function verbOf(text: string): string {
  const space = text.indexOf(' ')
  return (space === -1 ? text : text.slice(0, space)).toUpperCase()
}

export function hasArguments(line: string): boolean {
  return line.trimEnd().includes(' ')
}
