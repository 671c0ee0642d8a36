import type { Reply } from '../mail/reply.ts'
import type { DataFault } from './data-parser.ts'
import { prepare } from './wire-reply.ts'

/** What the protocol itself answers, before any rule has a say. */
export const goodbye: Reply = prepare({ code: 221, status: '2.0.0', text: 'Goodbye' })
export const flushed: Reply = { code: 250, status: '2.0.0', text: 'Flushed' }
/** It has no status (RFC 2034, 4). */
export const sendMessage = prepare({ code: 354, lines: ['End data with <CR><LF>.<CR><LF>'] })
export const startTls: Reply = { code: 220, status: '2.0.0', text: 'Ready to start TLS' }
/** RFC 5321, 3.5.3: we confirm no address. */
export const notVerified: Reply = {
  code: 252,
  status: '2.5.0',
  text: 'Cannot verify, but will take mail for an address that exists',
}

export const notImplemented: Reply = { code: 502, status: '5.5.1', text: 'Command not implemented' }
export const lineTooLong: Reply = { code: 500, status: '5.5.2', text: 'Line too long' }
export const badLineEnd: Reply = { code: 500, status: '5.5.2', text: 'Lines must end with CR and LF' }
export const badCharacters: Reply = { code: 500, status: '5.5.2', text: 'Command contains characters that are not allowed' }
export const noArguments: Reply = { code: 501, status: '5.5.4', text: 'This command takes no arguments' }
export const badHelo: Reply = { code: 501, status: '5.5.4', text: 'Expected a domain name or an address literal' }
export const badXclient: Reply = { code: 501, status: '5.5.4', text: 'Malformed attributes' }
export const vrfyWhom: Reply = { code: 501, status: '5.5.4', text: 'Expected an address' }

export const heloFirst: Reply = { code: 503, status: '5.5.1', text: 'Please say EHLO first' }
export const nestedMail: Reply = { code: 503, status: '5.5.1', text: 'There is a transaction already' }
export const mailFirst: Reply = { code: 503, status: '5.5.1', text: 'Please say MAIL first' }
export const noRecipients: Reply = { code: 554, status: '5.5.1', text: 'No valid recipients' }
export const dataTooSoon: Reply = { code: 503, status: '5.5.1', text: 'The message was sent before our answer to DATA' }
export const tlsAlready: Reply = { code: 503, status: '5.5.1', text: 'TLS is active already' }
export const inTransaction: Reply = { code: 503, status: '5.5.1', text: 'Not in a mail transaction' }
export const authenticationRequired: Reply = { code: 530, status: '5.7.0', text: 'Authentication required' }
export const xclientDenied: Reply = { code: 550, status: '5.7.0', text: 'Not allowed' }

export const tooBig: Reply = { code: 552, status: '5.3.4', text: 'Message is larger than we take' }
export const notStored: Reply = { code: 452, status: '4.3.1', text: 'The message could not be stored, please try again later' }
export const localTrouble: Reply = { code: 451, status: '4.3.0', text: 'Local trouble, please try again later' }
export const takesTooLong: Reply = { code: 421, status: '4.3.0', text: 'This takes too long, please try again later' }

export const shuttingDown: Reply = { code: 421, status: '4.3.2', text: 'Shutting down, please try again later' }
export const timedOut: Reply = { code: 421, status: '4.4.2', text: 'Waited too long' }
export const tooManyErrors: Reply = { code: 421, status: '4.7.0', text: 'Too many errors' }
export const tooManyConnections: Reply = { code: 421, status: '4.7.0', text: 'Too many connections, please try again later' }

/** Why a message is refused for its form. The first of these that it has is told. */
const faults: readonly (readonly [DataFault, Reply])[] = [
  ['too-big', tooBig],
  ['nul', { code: 550, status: '5.6.0', text: 'Message contains a NUL byte' }],
  ['bare-lf', { code: 550, status: '5.5.2', text: 'Message contains a line that ends with LF alone, not CR LF' }],
  ['bare-cr', { code: 550, status: '5.5.2', text: 'Message contains a CR that is not followed by LF' }],
  ['header-too-big', { code: 554, status: '5.6.0', text: 'The header section of the message is too large' }],
  ['too-many-fields', { code: 554, status: '5.6.0', text: 'The message has too many header fields' }],
  [
    'begins-with-space',
    { code: 554, status: '5.6.0', text: 'The message begins with white space, where a header field must stand' },
  ],
  ['field-too-long', { code: 554, status: '5.6.0', text: 'A header field of the message has too many lines' }],
  ['line-too-long', { code: 554, status: '5.6.0', text: 'A line of the message is too long' }],
]

/** The answer to a message with faults; undefined for one without. */
export function faultReply(found: ReadonlySet<DataFault>): Reply | undefined {
  return faults.find(([fault]) => found.has(fault))?.[1]
}
