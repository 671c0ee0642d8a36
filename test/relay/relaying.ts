import { after } from 'node:test'
import { type NextHopOptions, type NextHop as Server, startNextHop } from '../../fixtures/next-hop.ts'
import type { Delivery, Transaction } from '../../src/engine/transport.ts'
import { type Address, parseAddress } from '../../src/mail/address.ts'
import type { MailParameters } from '../../src/mail/envelope.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import type { Reply } from '../../src/mail/reply.ts'
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

const closers: (() => unknown)[] = []
after(() => Promise.all(closers.map(close => close())))

/** Closes something when the tests of this file are over. */
export function closeLater(close: () => unknown): void {
  closers.push(close)
}

/** A next hop and a transport to it, both closed at the end. */
export async function open(options: NextHopOptions = {}, changes: Partial<NextHop> = {}) {
  const hop = await startNextHop(options)
  const transport = transportTo(hop.port, changes)
  closeLater(() => transport.close())
  closeLater(() => hop.close())
  return { hop, transport }
}

/** Asks for the recipients, sends to those that were taken, and answers with all replies as `code status`. */
export async function relay(delivery: Delivery, ...recipients: readonly string[]): Promise<string[]> {
  const replies: string[] = []
  const taken: Address[] = []
  for (const recipient of recipients.map(address)) {
    const reply = await delivery.ask(recipient)
    replies.push(`${reply.code} ${reply.status}`)
    if (reply.code < 400) taken.push(recipient)
  }
  const sent = taken.length ? await delivery.send(taken, message) : new Map<Address, Reply>()
  for (const { code, status } of sent.values()) replies.push(`${code} ${status}`)
  delivery.end()
  return replies
}

/** What the next hop was told, over all connections. */
export function commands({ transcript }: Server): string[] {
  return transcript.filter(line => line.includes(' C: ')).map(line => line.slice(line.indexOf('C: ') + 3))
}
