import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { PrefixedMessage } from './prefixed-message.ts'

/** The sender of the envelope, as final delivery puts it on top (RFC 5321, 4.4). An older one is left as it is: it may be signed. */
export function returnPath(sender: Address | null): string {
  return `Return-Path: <${formatAddress(sender)}>\r\n`
}

export function withReturnPath(message: Message, sender: Address | null): Message {
  return new PrefixedMessage(returnPath(sender), message)
}
