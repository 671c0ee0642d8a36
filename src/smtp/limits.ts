/** How much of everything one client may use, and how long we wait for it. */
export interface Limits {
  /** The largest message, in bytes, as SIZE announces it (RFC 1870). */
  readonly messageBytes: number
  /** How much more than that is read and thrown away, so that the client hears the 552, before the connection is cut. */
  readonly slackBytes: number
  /** The longest line of a message that passes, though RFC 5322 knows none beyond 998: folding it would break signatures. */
  readonly lineBytes: number
  readonly headerBytes: number
  readonly headerFields: number
  /** Continuation lines of one header field. */
  readonly continuationLines: number
  /** A message is kept in memory up to this size, and in a temporary file beyond it. */
  readonly memoryBytes: number

  /** How long a client that we do not know waits for the greeting. 0 is off. */
  readonly greetDelayMs: number
  /** How long we know a client that has waited patiently. */
  readonly greetMemorySeconds: number
  readonly proxyHeaderMs: number
  readonly tlsHandshakeMs: number
  /** For one command line, from our last reply to its end (RFC 5321, 4.5.3.2.7). */
  readonly commandMs: number
  /** Between two pieces of a message (RFC 5321, 4.5.3.2.5). */
  readonly dataBlockMs: number
  /** How slow a message may come on average, after the time of one block. */
  readonly dataBytesPerSecond: number
  /** Without a completed transaction; the time in which a message comes in does not count. */
  readonly sessionMs: number
  /** For our own answer to a command, and to a message: beyond it something is broken. */
  readonly answerMs: number
  readonly messageAnswerMs: number
  /** How long a connection that we have ended may take to leave. */
  readonly lingerMs: number

  readonly connections: number
  readonly connectionsPerAddress: number
  /** For a /24 or a /64. */
  readonly connectionsPerNetwork: number
  readonly newPerMinute: number
  /** TLS handshakes at a time. */
  readonly handshakes: number

  /** Of everything that one connection brings, messages included. It ends between two messages, not within one. */
  readonly sessionBytes: number
  /** Taken or refused, in one session. */
  readonly sessionMessages: number
  /** Syntax errors and commands out of order. */
  readonly errors: number
  /** Commands other than MAIL, RCPT and DATA without a completed transaction. */
  readonly junkCommands: number
  /** Recipients refused for good. */
  readonly refusedRecipients: number
  /** Recipients that the client was asked to send to later, or separately. */
  readonly deferredRecipients: number
  /** The third refused recipient is answered this much later, the fourth twice as much, and so on, up to `refusalDelayMaxMs`. */
  readonly refusalDelayMs: number
  readonly refusalDelayMaxMs: number

  readonly stress: StressLimits
}

/** When there is too much to do, and how long we wait for clients then, where that is less than usual. */
interface StressLimits {
  /** It begins when so many percent of `connections` are open. 0 is off. */
  readonly atPercent: number
  /** It begins when half of all events are so much too late. 0 is off. */
  readonly atDelayMs: number
  /** It ends when there has been a quarter less of both for so long. */
  readonly calmMs: number
  readonly greetDelayMs: number
  /** For a TLS handshake too. */
  readonly commandMs: number
  readonly dataBlockMs: number
  readonly sessionMs: number
}

const MiB = 1024 * 1024
const minute = 60_000

export const defaultLimits: Limits = {
  messageBytes: 35 * MiB,
  slackBytes: 35 * MiB,
  lineBytes: MiB,
  headerBytes: 256 * 1024,
  headerFields: 1000,
  continuationLines: 100,
  memoryBytes: MiB,

  greetDelayMs: 3000,
  greetMemorySeconds: 24 * 60 * 60,
  proxyHeaderMs: 5000,
  tlsHandshakeMs: 30_000,
  commandMs: 5 * minute,
  dataBlockMs: 3 * minute,
  dataBytesPerSecond: 500,
  sessionMs: 10 * minute,
  answerMs: 5 * minute,
  messageAnswerMs: 10 * minute,
  lingerMs: 5000,

  connections: 1000,
  connectionsPerAddress: 20,
  connectionsPerNetwork: 60,
  newPerMinute: 60,
  handshakes: 250,

  sessionBytes: 4096 * MiB,
  sessionMessages: 10_000,

  errors: 10,
  junkCommands: 20,
  refusedRecipients: 10,
  deferredRecipients: 1000,
  refusalDelayMs: 1000,
  refusalDelayMaxMs: 4000,

  stress: {
    atPercent: 80,
    atDelayMs: 100,
    calmMs: 10_000,
    greetDelayMs: 0,
    commandMs: 10_000,
    dataBlockMs: 30_000,
    sessionMs: minute,
  },
}
