import { type Address, parseAddress } from '../mail/address.ts'
import type { MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Reply } from '../mail/reply.ts'
import { readDelivery, readReport } from './dsn-parameters.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { parseRecipient, readPath } from './path.ts'
import { tooBig } from './replies.ts'

/** What we take besides what we offer to everybody. */
interface Offered {
  /** RFC 3461. */
  readonly dsn?: boolean
  /** RFC 8689. */
  readonly requireTls?: boolean
}

interface MailOptions extends Offered {
  readonly messageBytes: number
  readonly smtputf8: boolean
}

export interface MailCommand {
  readonly sender: Address | null
  readonly parameters: MailParameters
}

export interface RcptCommand {
  readonly recipient: Address
  readonly parameters?: RecipientParameters
}

const mailSyntax: Reply = { code: 501, status: '5.5.4', text: 'Syntax: MAIL FROM:<address>' }
const rcptSyntax: Reply = { code: 501, status: '5.5.4', text: 'Syntax: RCPT TO:<address>' }
const badSender: Reply = { code: 501, status: '5.1.7', text: 'This is not a mail address' }
const badRecipient: Reply = { code: 501, status: '5.1.3', text: 'This is not a mail address' }
const badParameters: Reply = { code: 501, status: '5.5.4', text: 'Malformed parameters' }
const unknownParameter: Reply = { code: 555, status: '5.5.4', text: 'Unknown parameter' }
/** RFC 6531, 3.5. */
const needsSmtputf8: Reply = { code: 553, status: '5.6.7', text: 'This address needs SMTPUTF8' }

/** Reads MAIL (RFC 5321, 4.1.1.2), or answers why it cannot be taken. */
export function readMail(line: string, options: MailOptions): MailCommand | Reply {
  const path = readPath(argument(line, /^MAIL FROM: */i))
  if (!path) return /^MAIL FROM:/i.test(line) ? badSender : mailSyntax
  const given = readParameters(path.rest)
  const parameters = given ? mailParameters(given, options) : badParameters
  if ('code' in parameters) return parameters
  const sender = path.mailbox === '' ? null : parseAddress(path.mailbox)
  if (sender === undefined) return badSender
  return isAscii(path.mailbox) || parameters.smtputf8 ? { sender, parameters } : needsSmtputf8
}

/** Reads RCPT (RFC 5321, 4.1.1.3), or answers why it cannot be taken. */
export function readRcpt(line: string, options: { readonly smtputf8: boolean; readonly dsn?: boolean }): RcptCommand | Reply {
  const path = readPath(argument(line, /^RCPT TO: */i))
  if (!path) return /^RCPT TO:/i.test(line) ? badRecipient : rcptSyntax
  const given = readParameters(path.rest)
  if (!given) return badParameters
  if ([...given.keys()].some(name => !options.dsn || !(name === 'NOTIFY' || name === 'ORCPT'))) return unknownParameter
  const parameters = readDelivery(given)
  const recipient = parseRecipient(path.mailbox)
  if (!parameters) return badParameters
  if (!recipient) return badRecipient
  if (!isAscii(path.mailbox) && !options.smtputf8) return needsSmtputf8
  return given.size > 0 ? { recipient, parameters } : { recipient }
}

/** Whether more than the command itself stands there. */
export function hasArguments(line: string): boolean {
  return line.trimEnd().includes(' ')
}

/** What follows the command's words. Many clients put a space behind the colon, though RFC 5321, 3.3, forbids it. */
function argument(line: string, words: RegExp): string {
  return words.test(line) ? line.replace(words, '') : ''
}

function mailParameters(given: Parameters, { messageBytes, smtputf8, ...offered }: MailOptions): MailParameters | Reply {
  const known = knownToMail({ smtputf8, ...offered })
  if ([...given.keys()].some(name => !known.includes(name))) return unknownParameter
  const report = readReport(given)
  if (!report || (given.get('REQUIRETLS') ?? true) !== true) return badParameters
  const [size, body, utf8] = [given.get('SIZE'), given.get('BODY'), given.get('SMTPUTF8')]
  if (size !== undefined && (size === true || !/^\d{1,20}$/.test(size))) return badParameters
  const bodyType = body === undefined ? undefined : parseBody(body)
  if (bodyType === null || (utf8 !== undefined && utf8 !== true)) return badParameters
  if (Number(size ?? 0) > messageBytes) return tooBig
  return {
    ...(size !== undefined && { size: Number(size) }),
    ...(bodyType && { body: bodyType }),
    ...(utf8 && { smtputf8: true }),
    ...(given.has('REQUIRETLS') && { requireTls: true }),
    ...report,
  }
}

/** AUTH tells who has sent the message first (RFC 4954, 5). We would believe nobody but ourselves, and pass it over. */
function knownToMail({ smtputf8, dsn, requireTls }: Omit<MailOptions, 'messageBytes'>): string[] {
  return [
    ...['SIZE', 'BODY'],
    ...(smtputf8 ? ['SMTPUTF8'] : []),
    ...(dsn ? ['RET', 'ENVID', 'AUTH'] : []),
    ...(requireTls ? ['REQUIRETLS'] : []),
  ]
}

/** Null for anything but the two that RFC 6152 knows; BINARYMIME needs CHUNKING, which we do not offer. */
function parseBody(value: string | true): '7BIT' | '8BITMIME' | null {
  const name = value === true ? '' : value.toUpperCase()
  return name === '7BIT' || name === '8BITMIME' ? name : null
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}
