import { tooManyRecipients } from '../engine/refuse.ts'
import type { Reply } from '../mail/reply.ts'
import type { CuttingLimit, DenyingLimit, RefusingLimit } from '../metrics/edge.ts'
import type { DataFault } from './data-parser.ts'
import type { Limits } from './limits.ts'
import { prepare, type WireReply } from './wire-reply.ts'

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
/** RFC 3207, 4. */
export const startTlsFirst: Reply = { code: 530, status: '5.7.0', text: 'Please say STARTTLS first' }
/** RFC 4954, 4 and 6. */
export const authenticated: Reply = { code: 235, status: '2.7.0', text: 'Authentication succeeded' }
export const authenticationRequired: Reply = { code: 530, status: '5.7.0', text: 'Authentication required' }
export const authenticatedAlready: Reply = { code: 503, status: '5.5.1', text: 'You have authenticated already' }
export const encryptionRequired: Reply = { code: 538, status: '5.7.11', text: 'Encryption required: please say STARTTLS first' }
export const authSyntax: Reply = { code: 501, status: '5.5.4', text: 'Syntax: AUTH mechanism [initial-response]' }
export const unknownMechanism: Reply = { code: 504, status: '5.5.4', text: 'This mechanism is not offered' }
export const authCancelled: Reply = { code: 501, status: '5.7.0', text: 'Authentication cancelled' }
export const badResponse: Reply = { code: 501, status: '5.5.2', text: 'Malformed response' }
export const exchangeTooLong: Reply = { code: 500, status: '5.5.6', text: 'Line too long' }
export const badCredentials: Reply = { code: 535, status: '5.7.8', text: 'Authentication failed' }
export const authTrouble: Reply = { code: 454, status: '4.7.0', text: 'Passwords cannot be checked now, please try again later' }
export const tooManyAttempts: Reply = { code: 454, status: '4.7.0', text: 'Too many failed attempts, please try again later' }
/** The same, and the connection ends. */
export const lockedOut: Reply = { ...tooManyAttempts, code: 421 }
export const xclientDenied: Reply = { code: 550, status: '5.7.0', text: 'Not allowed' }

export const tooBig: Reply = { code: 552, status: '5.3.4', text: 'Message is larger than we take' }
export const notStored: Reply = { code: 452, status: '4.3.1', text: 'The message could not be stored, please try again later' }
export const localTrouble: Reply = { code: 451, status: '4.3.0', text: 'Local trouble, please try again later' }
const takesTooLong: Reply = { code: 421, status: '4.3.0', text: 'This takes too long, please try again later' }

export const shuttingDown: Reply = { code: 421, status: '4.3.2', text: 'Shutting down, please try again later' }
export const tooManyHandshakes: Reply = { code: 454, status: '4.7.0', text: 'Too many TLS handshakes, please try again later' }

const late = (text: string): Reply => ({ code: 421, status: '4.4.2', text })
const tooMany = (text: string): Reply => ({ code: 421, status: '4.7.0', text })

/** What a client hears when its connection ends at a limit, where there is a place for words. */
export const farewells = {
  connections: tooMany('Too many connections, please try again later'),
  connectionsPerAddress: tooMany('Too many connections from your address, please try again later'),
  connectionsPerNetwork: tooMany('Too many connections from your network, please try again later'),
  newPerMinute: tooMany('Too many new connections from your address, please try again later'),
  errors: tooMany('Too many errors'),
  junkCommands: tooMany('Too many commands without a message'),
  refusedRecipients: tooMany('Too many refused recipients'),
  deferredRecipients: tooMany('Too many recipients for one session, please try again later'),
  sessionBytes: tooMany('Too many bytes for one session, please connect again'),
  sessionMessages: tooMany('Too many messages for one session, please connect again'),
  idle: late('Idle for too long while we are busy, please connect again'),
  commandMs: late('Waited too long for a command'),
  tlsHandshakeMs: late('Waited too long for the TLS handshake'),
  sessionMs: late('Waited too long for a message to be completed'),
  dataBlockMs: late('Waited too long for more of the message'),
  dataBytesPerSecond: late('The message comes too slowly'),
  answerMs: takesTooLong,
  messageAnswerMs: takesTooLong,
} as const satisfies Partial<Record<RefusingLimit | CuttingLimit, Reply>>

/** Why a message is refused for its form. The first of these that it has is told. */
const faults: readonly (readonly [fault: DataFault, refusal: Reply, limit?: keyof Limits])[] = [
  ['too-big', tooBig, 'messageBytes'],
  ['nul', { code: 550, status: '5.6.0', text: 'Message contains a NUL byte' }],
  ['bare-lf', { code: 550, status: '5.5.2', text: 'Message contains a line that ends with LF alone, not CR LF' }],
  ['bare-cr', { code: 550, status: '5.5.2', text: 'Message contains a CR that is not followed by LF' }],
  ['header-too-big', { code: 554, status: '5.6.0', text: 'The header section of the message is too large' }, 'headerBytes'],
  ['too-many-fields', { code: 554, status: '5.6.0', text: 'The message has too many header fields' }, 'headerFields'],
  [
    'begins-with-space',
    { code: 554, status: '5.6.0', text: 'The message begins with white space, where a header field must stand' },
  ],
  [
    'field-too-long',
    { code: 554, status: '5.6.0', text: 'A header field of the message has too many lines' },
    'continuationLines',
  ],
  ['line-too-long', { code: 554, status: '5.6.0', text: 'A line of the message is too long' }, 'lineBytes'],
]

/** The answer to a message with faults; undefined for one without. */
export function faultReply(found: ReadonlySet<DataFault>): Reply | undefined {
  return faults.find(([fault]) => found.has(fault))?.[1]
}

/** The limit that a message with faults is over, when the fault that is told is one of size. */
export function faultLimit(found: ReadonlySet<DataFault>): keyof Limits | undefined {
  return faults.find(([fault]) => found.has(fault))?.[2]
}

const denials = new Map<WireReply, DenyingLimit>([
  [lineTooLong, 'commandBytes'],
  [tooManyHandshakes, 'handshakes'],
  [tooBig, 'messageBytes'],
])

/** The limit that the refusal of a command is for, when it is for one. */
export function deniedBy(refusal: WireReply): DenyingLimit | undefined {
  if ('text' in refusal && refusal.text.startsWith(tooManyRecipients.text)) return 'recipients'
  return denials.get(refusal)
}
