import { randomUUID } from 'node:crypto'
import type { Message } from '../mail/message.ts'
import { PrefixedMessage } from './prefixed-message.ts'

export interface Repair {
  /** Our name, for a Message-ID. */
  readonly hostname: string
  readonly now: Date
}

/** What is for the sender alone, or for the last server of all to say (RFC 5321, 4.4). */
const withheld: ReadonlySet<string> = new Set(['bcc', 'resent-bcc', 'return-path'])

/**
 * A message of our own users as it may go out (RFC 6409, 8): with the fields that every message should have, and without
 * those that nobody else is to see. What is signed already gets no field on top that the signature may say is absent.
 */
export function repair(message: Message, { hostname, now }: Repair): Message {
  const names = new Set(message.fields.map(({ name }) => name))
  const additions: Readonly<Record<string, () => string>> = {
    Date: () => now.toUTCString().replace('GMT', '+0000'),
    'Message-ID': () => `<${randomUUID()}@${hostname}>`,
    'MIME-Version': () => '1.0',
  }
  const missing = names.has('dkim-signature') ? [] : Object.entries(additions).filter(([name]) => !names.has(name.toLowerCase()))
  const without = message.fields.filter(({ name }) => withheld.has(name))
  if (missing.length === 0 && without.length === 0) return message
  return new PrefixedMessage(missing.map(([name, value]) => `${name}: ${value()}\r\n`).join(''), message, without)
}
