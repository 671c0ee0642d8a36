import type { Transaction } from '../../src/engine/transport.ts'
import { type Address, parseAddress } from '../../src/mail/address.ts'
import type { MailParameters } from '../../src/mail/envelope.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import type { NextHop } from '../../src/relay/next-hop.ts'
import { relayTimeouts } from '../../src/relay/relay-timeouts.ts'
import { SmtpTransport } from '../../src/relay/smtp-transport.ts'

/** A transaction as the engine gives it to a transport. */
export function transaction(parameters: MailParameters = {}, sender: string | null = 'sender@example.com'): Transaction {
  return {
    id: '1N3Z8QK4F00A.1',
    session: {
      id: '1N3Z8QK4F00A',
      listener: 'mx',
      client: { ip: '192.0.2.1', port: 43210 },
      helo: 'client.example.com',
      esmtp: true,
      violations: [],
    },
    sender: sender === null ? null : address(sender),
    parameters,
  }
}

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`not an address: ${text}`)
  return parsed
}

export const message = new MemoryMessage(Buffer.from('From: a@example.com\r\nSubject: Hello\r\n\r\nBody\r\n'))

/** A transport to a port of this machine, with what the test changes. */
export function transportTo(port: number, changes: Partial<NextHop> = {}): SmtpTransport {
  return new SmtpTransport({
    name: `smtp://127.0.0.1:${port}`,
    address: { host: '127.0.0.1', port },
    protocol: 'smtp',
    hostname: 'mx.example.org',
    tls: 'opportunistic',
    verify: true,
    identity: 'none',
    eightBit: 'send',
    returnPath: false,
    timeouts: relayTimeouts,
    maxConnections: 10,
    ...changes,
  })
}
