import type { Reply } from '../mail/reply.ts'
import { exchangeLine } from './authentication.ts'
import { badCharacters, badLineEnd, lineTooLong } from './replies.ts'

/** RFC 5321, 4.5.3.1.4, with CRLF. */
const commandBytes = 512
/** What the extensions we offer add to MAIL: SIZE 26 (RFC 1870, 3), BODY 17 (RFC 6152, 2), SMTPUTF8 10 (RFC 6531, 3.1). */
const mailBytes = commandBytes + 26 + 17 + 10

/**
 * What the extensions add that we offer to our own users: to MAIL RET 9, ENVID 107 (RFC 3461, 4), REQUIRETLS 11 (RFC 8689, 2)
 * and AUTH 505 (RFC 4954, 3); to RCPT NOTIFY 29 and ORCPT 507; to AUTH an initial response.
 */
const moreForOurs: Readonly<Record<string, number>> = {
  'MAIL ': 9 + 107 + 11 + 505,
  'RCPT ': 29 + 507,
  'AUTH ': exchangeLine - commandBytes,
}

/** No line that is longer can be a command, or a response within AUTH; what follows need not be kept. */
export const longestLine = exchangeLine

const CR = 0x0d
const LF = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a command line, which must end with CRLF, without it; or why it cannot be a command. */
export function readCommandLine(line: Buffer, { isOurs = false }: { readonly isOurs?: boolean } = {}): string | Reply {
  const verb = line.toString('latin1', 0, 5).toUpperCase()
  const more = isOurs ? moreForOurs[verb] : undefined
  if (line.length > (verb === 'MAIL ' ? mailBytes : commandBytes) + (more ?? 0)) return lineTooLong
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
