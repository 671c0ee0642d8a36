import type { Transaction } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { Extensions } from './extensions.ts'
import type { Link } from './link.ts'
import type { NextHop } from './next-hop.ts'

/** A transaction as it is passed on, with the message's true size once that is known. */
export interface Submission {
  readonly transaction: Transaction
  readonly size?: number
}

/** MAIL with those parameters that the next hop understands. */
export function mailCommand({ transaction, size }: Submission, extensions: Extensions): string {
  const { sender, parameters } = transaction
  const bytes = size ?? parameters.size
  const words = [`MAIL FROM:<${formatAddress(sender)}>`]
  if (extensions.size && bytes !== undefined) words.push(`SIZE=${bytes}`)
  if (extensions.eightBitMime && parameters.body === '8BITMIME') words.push('BODY=8BITMIME')
  if (extensions.smtpUtf8 && parameters.smtputf8) words.push('SMTPUTF8')
  if (extensions.requireTls && parameters.requireTls) words.push('REQUIRETLS')
  return words.join(' ')
}

/** Why the next hop cannot take this recipient's mail, so that it need not be asked. */
export function refusalAhead(transaction: Transaction, recipient: Address, link: Link): Reply | undefined {
  const { hop, extensions } = link
  return (
    tooOpen(transaction, link) ??
    tooLarge(transaction.parameters.size, extensions) ??
    tooManyBits(transaction, extensions, hop) ??
    addressNeedsUtf8(transaction, recipient, extensions)
  )
}

/** RFC 8689, 4.2.1: what requires TLS is only given to a server that has proved who it is, and will require it too. */
function tooOpen({ parameters }: Transaction, { hop, isSecure, extensions }: Link): Reply | undefined {
  if (!parameters.requireTls) return undefined
  const isProved = isSecure && hop.tls !== 'opportunistic' && (hop.verify || hop.checkPeer !== undefined)
  if (isProved && extensions.requireTls) return undefined
  const text = isProved ? 'REQUIRETLS is not supported for this address' : 'No authenticated TLS is possible for this address'
  return { code: 554, status: '5.7.30', text }
}

/** RFC 1870, 6.1: what is too large is not even begun. */
export function tooLarge(bytes: number | undefined, { maxSize }: Extensions): Reply | undefined {
  if (bytes === undefined || maxSize === undefined || bytes <= maxSize) return undefined
  return { code: 552, status: '5.3.4', text: `The message is too large, at most ${maxSize} bytes are taken` }
}

/** Mail declared as 8-bit for a server that has not said it can take that. */
function tooManyBits({ parameters }: Transaction, extensions: Extensions, hop: NextHop): Reply | undefined {
  if (hop.eightBit === 'send' || parameters.body !== '8BITMIME' || extensions.eightBitMime) return undefined
  return { code: 554, status: '5.6.3', text: '8-bit content is not taken for this address' }
}

/**
 * RFC 6531, 3.5: an address in UTF-8 needs a server that offers SMTPUTF8. The parameter alone does not: clients
 * give it with every message when we offer it, and most mail has no need of it.
 */
function addressNeedsUtf8({ sender }: Transaction, recipient: Address, { smtpUtf8 }: Extensions): Reply | undefined {
  if (smtpUtf8 || !(isUtf8(formatAddress(sender)) || isUtf8(formatAddress(recipient)))) return undefined
  return { code: 553, status: '5.6.7', text: 'Addresses in UTF-8 are not taken for this address' }
}

/** The same for header fields. Raw 8-bit characters without SMTPUTF8 have always been passed on, and still are. */
export function headerNeedsUtf8({ parameters }: Transaction, message: Message, { smtpUtf8 }: Extensions): Reply | undefined {
  if (smtpUtf8 || !parameters.smtputf8 || !message.fields.some(field => isUtf8(field.value))) return undefined
  return { code: 554, status: '5.6.9', text: 'Header fields in UTF-8 are not taken for this address' }
}

function isUtf8(text: string): boolean {
  return /[^\x00-\x7f]/.test(text)
}
