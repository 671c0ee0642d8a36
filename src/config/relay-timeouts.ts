import { z } from 'zod'
import { type RelayTimeouts, relayTimeouts } from '../relay/relay-timeouts.ts'
import { milliseconds } from './parsed.ts'

const longest = 600_000 // RFC 5321, 4.5.3.2.6: no client waits longer for us

/** How long a next hop may take, each in milliseconds. */
export const relayTimeoutsSchema = timeoutsSchema(relayTimeouts)

/** The same with other defaults. */
export function timeoutsSchema(defaults: RelayTimeouts) {
  const wait = (name: keyof RelayTimeouts) => milliseconds(10, longest).default(defaults[name])
  return z.strictObject({
    waitMs: wait('waitMs').describe('How long a client waits while all connections to the next hop are in use.'),
    holdMs: wait('holdMs').describe('How long a client that falls silent after RCPT keeps its connection to the next hop.'),
    connectMs: wait('connectMs').describe('How long the next hop may take to accept a connection.'),
    greetingMs: wait('greetingMs').describe(
      'The same for its banner, its answers to EHLO, STARTTLS and XCLIENT, and the handshake.',
    ),
    commandMs: wait('commandMs').describe('The same for its answers to MAIL, RCPT and RSET.'),
    dataMs: wait('dataMs').describe('The same for its answer to DATA.'),
    blockMs: wait('blockMs').describe('How long the next hop may stop reading in the middle of a message.'),
    finalDotMs: wait('finalDotMs').describe('How long it may take to store a message. Giving up early makes duplicates.'),
  })
}
