import { z } from 'zod'
import { headerLimits } from '../mail/header.ts'
import { milliseconds } from './parsed.ts'

const MiB = 1024 * 1024
const minute = 60_000
const day = 24 * 60 * minute

const bytes = (least: number, usual: number) =>
  z
    .int()
    .min(least)
    .max(2 ** 40)
    .default(usual)
const count = (usual: number) => z.int().min(1).max(1_000_000).default(usual)
const wait = (usual: number) => milliseconds(10, day).default(usual)

const messageLimits = {
  messageBytes: bytes(64 * 1024, 35 * MiB).describe('The largest message, in bytes, as SIZE announces it (RFC 1870).'),
  slackBytes: bytes(0, 35 * MiB).describe(
    'How much more is read and thrown away, so that the client hears the 552, before the connection is cut.',
  ),
  lineBytes: bytes(1000, MiB).describe('The longest line of a message that passes; folding a longer one would break signatures.'),
  headerBytes: z
    .int()
    .min(1024)
    .max(headerLimits.bytes) // beyond these we could not find Authentication-Results that pretend to be ours
    .default(headerLimits.bytes)
    .describe('The largest header section, in bytes.'),
  headerFields: z
    .int()
    .min(1)
    .max(headerLimits.fields)
    .default(headerLimits.fields)
    .describe('The most header fields of a message.'),
  continuationLines: count(100).describe('The most continuation lines of one header field.'),
  memoryBytes: bytes(0, MiB).describe('A message is kept in memory up to this size, and in a temporary file beyond it.'),
  recipients: z
    .int()
    .min(100) // RFC 5321, 4.5.3.1.8
    .max(100_000)
    .default(100)
    .describe('The most recipients of one message; those beyond it are asked to come in another (452).'),
}

const timeLimits = {
  greetDelayMs: milliseconds(0, 30_000)
    .default(3000)
    .describe('How long a client that we do not know waits for the greeting, in milliseconds; 0 is off.'),
  greetMemorySeconds: z
    .int()
    .min(0)
    .default(24 * 60 * 60)
    .describe('How long we know a client that has waited patiently, in seconds.'),
  proxyHeaderMs: wait(5000).describe('How long a load balancer may take to send its PROXY header, in milliseconds.'),
  tlsHandshakeMs: wait(30_000).describe('How long a TLS handshake may take, in milliseconds.'),
  commandMs: wait(5 * minute).describe('How long we wait for a command, in milliseconds (RFC 5321, 4.5.3.2.7).'),
  dataBlockMs: wait(3 * minute).describe(
    'How long we wait for the next piece of a message, in milliseconds (RFC 5321, 4.5.3.2.5).',
  ),
  dataBytesPerSecond: z.int().min(0).default(500).describe('How slow a message may come on average, in bytes per second.'),
  sessionMs: wait(10 * minute).describe('How long a session may last without a completed transaction, in milliseconds.'),
  answerMs: wait(5 * minute).describe(
    'How long our own answer to a command may take, in milliseconds, before something is broken.',
  ),
  messageAnswerMs: wait(10 * minute).describe('The same for our answer to a message (RFC 5321, 4.5.3.2.6).'),
  lingerMs: wait(5000).describe('How long a connection that we have ended may take to leave, in milliseconds.'),
}

const clientLimits = {
  connections: count(1000).describe('The most connections at a time.'),
  connectionsPerAddress: count(20).describe('The most connections at a time from one address.'),
  connectionsPerNetwork: count(60).describe('The most connections at a time from one /24 or /64.'),
  newPerMinute: count(60).describe('The most new connections in a minute from one address.'),
  handshakes: count(250).describe('The most TLS handshakes at a time.'),
  sessionBytes: bytes(64 * 1024, 4096 * MiB).describe('The most bytes of one session; it ends between two messages.'),
  sessionMessages: count(10_000).describe('The most messages of one session, taken or refused.'),
  errors: count(10).describe('The most syntax errors, and commands out of order, before a client is sent away.'),
  junkCommands: count(20).describe('The most commands other than MAIL, RCPT and DATA without a completed transaction.'),
  refusedRecipients: count(10).describe('The most recipients refused for good before a client is sent away.'),
  deferredRecipients: count(1000).describe(
    'The most recipients that were asked to come later, or separately, before a client is sent away.',
  ),
  refusalDelayMs: milliseconds(0, minute)
    .default(1000)
    .describe('How much later the third refused recipient is answered; the fourth waits twice as long, and so on.'),
  refusalDelayMaxMs: milliseconds(0, minute).default(4000).describe('The longest such delay, in milliseconds.'),
}

const stressLimits = {
  atPercent: z
    .int()
    .min(0)
    .max(100)
    .default(80)
    .describe('Stress begins when so many percent of `connections` are open; 0 is off.'),
  atDelayMs: milliseconds(0, minute)
    .default(100)
    .describe('Stress begins when half of all events are so much too late, in milliseconds; 0 is off.'),
  calmMs: wait(10_000).describe('Stress ends when there has been a quarter less of both for so long, in milliseconds.'),
  greetDelayMs: milliseconds(0, 30_000).default(0).describe('The same as above, under stress.'),
  commandMs: wait(10_000).describe('The same as above, under stress; for a TLS handshake too.'),
  dataBlockMs: wait(30_000).describe('The same as above, under stress.'),
  sessionMs: wait(minute).describe('The same as above, under stress.'),
}

/** How much of everything one client may use, and how long we wait for it. */
export const limitsSchema = z.strictObject({
  ...messageLimits,
  ...timeLimits,
  ...clientLimits,
  stress: z
    .strictObject(stressLimits)
    .prefault({})
    .describe('When there is too much to do, and how long we wait for clients then, where that is less than usual.'),
})
