import type { Ending } from '../engine/trace.ts'
import { across, counter, gauge } from './family.ts'
import type { Page } from './page.ts'
import { Counts, other } from './series.ts'

export const edge = {
  connections: counter('postern_connections_total', 'Connections that have come in.', 'listener'),
  open: gauge('postern_connections_open', 'Connections that are open, those included that wait for the greeting.', 'listener'),
  refused: counter(
    'postern_connections_refused_total',
    'Connections that were over a limit, by the key of that limit in the configuration.',
    'listener',
    'limit',
  ),
  left: counter(
    'postern_connections_left_total',
    'Connections that ended before the greeting: the client left, or sent no valid PROXY header or TLS.',
    'listener',
  ),
  early: counter('postern_early_talkers_total', 'Clients that talked before the greeting.', 'listener'),
  sessions: counter('postern_sessions_total', 'Sessions that are over, by how they ended.', 'listener', 'ending'),
  openSessions: gauge('postern_sessions_open', 'Sessions under way.', 'listener'),
  cut: counter(
    'postern_sessions_cut_total',
    'Sessions that we ended because of a limit, by its key in the configuration; `idle`: to make room for another client.',
    'listener',
    'limit',
  ),
  denied: counter(
    'postern_commands_refused_total',
    'Commands that were refused because of a limit, by its key in the configuration; `commandBytes`: the line was too long.',
    'listener',
    'limit',
  ),
  replies: counter('postern_replies_total', 'Replies to clients, by command and code.', 'listener', 'command', 'code'),
  faults: counter(
    'postern_message_faults_total',
    'Messages that were refused for their form, before any rule, by each fault that they had.',
    'listener',
    'fault',
  ),
  handshakes: counter('postern_tls_handshakes_total', 'TLS handshakes with clients, by version.', 'listener', 'version'),
  handshakeFailures: counter('postern_tls_handshake_failures_total', 'TLS handshakes that failed.', 'listener', 'reason'),
  stress: across('max', gauge('postern_stress', '1 while we are under stress, and clients are given less time.')),
  stresses: counter('postern_stress_periods_total', 'How often we have come under stress.'),
  spoolBytes: gauge('postern_spool_bytes', 'Bytes of messages that are coming in or being handed over.'),
  spoolFiles: gauge('postern_spool_files', 'Messages of these that are too large for memory, and in a temporary file.'),
} as const

/** The words that a client may say; anything else is its own invention. */
const commands: ReadonlySet<string> = new Set([
  ...['HELO', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'VRFY', 'QUIT', 'STARTTLS', 'AUTH', 'XCLIENT'],
  ...['EXPN', 'HELP', 'ETRN', 'BDAT'],
])

/** Why a handshake failed, by the beginning of the error's code. */
const failures: readonly (readonly [code: RegExp, reason: string])[] = [
  [/^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|WRONG_SSL_VERSION|TLSV1_ALERT_PROTOCOL_VERSION)/, 'version'],
  [/^ERR_SSL_NO_SHARED_(CIPHER|GROUP|SIGNATURE)/, 'cipher'],
  [/^ERR_SSL_(HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH|BAD_RECORD|UNEXPECTED)/, 'not-tls'],
  [/^ERR_SSL_.*ALERT/, 'alert'],
  [/^(ECONNRESET|EPIPE|SocketError)/, 'left'],
  [/^ERR_TLS_HANDSHAKE_TIMEOUT/, 'timeout'],
]

const endings: readonly Ending[] = ['quit', 'disconnected', 'timed out', 'refused by the protocol', 'shut down']

/** The limits that end a connection before the greeting; the last two with TLS from the first byte on. */
const refusing = [
  ...(['connections', 'connectionsPerAddress', 'connectionsPerNetwork', 'newPerMinute'] as const),
  ...(['proxyHeaderMs', 'handshakes', 'tlsHandshakeMs'] as const),
]

/** The limits that end a session. `idle`: it had to make room for another client. */
const cutting = [
  ...(['errors', 'junkCommands', 'refusedRecipients', 'deferredRecipients', 'sessionMessages', 'sessionBytes'] as const),
  ...(['commandMs', 'sessionMs', 'dataBlockMs', 'dataBytesPerSecond', 'tlsHandshakeMs'] as const),
  ...(['answerMs', 'messageAnswerMs', 'slackBytes', 'idle'] as const),
]

/** The limits that one command is refused for. `commandBytes`: its line is too long (RFC 5321, 4.5.3.1.4). */
const denying = ['recipients', 'messageBytes', 'commandBytes', 'handshakes'] as const

/** What is wrong with the form of messages; the limits on their size are among it. */
const faults = [
  ...['too-big', 'header-too-big', 'too-many-fields', 'field-too-long', 'line-too-long'],
  ...['nul', 'bare-lf', 'bare-cr', 'begins-with-space'],
]

export type RefusingLimit = (typeof refusing)[number]
export type CuttingLimit = (typeof cutting)[number]
export type DenyingLimit = (typeof denying)[number]

/** What has happened at one address that we listen on. */
export class EdgeCounts {
  /** The address, as in the configuration. */
  listener = ''
  accepted = 0
  open = 0
  left = 0
  talkedEarly = 0
  /** Sessions that have begun. */
  greeted = 0
  spoolBytes = 0
  spoolFiles = 0
  readonly refused = new Counts(...refusing)
  readonly endings = new Counts(...endings)
  readonly cut = new Counts(...cutting)
  readonly denied = new Counts(...denying)
  readonly faults = new Counts(...faults)
  readonly #replies = new Counts()
  readonly #handshakes = new Counts()
  readonly #failures = new Counts()

  noteReply(command: string, code: number): void {
    const known = commands.has(command) ? command : command === '' ? 'connect' : other
    this.#replies.add(known, String(code))
  }

  noteEnding(ending: Ending): void {
    this.endings.add(ending)
  }

  noteHandshake(version: string): void {
    this.#handshakes.add(version)
  }

  noteHandshakeFailure({ code = '' }: { readonly code?: string | undefined }): void {
    this.#failures.add(failures.find(([pattern]) => pattern.test(code))?.[1] ?? other)
  }

  writeTo(page: Page): void {
    const { listener, accepted, open, left, talkedEarly, greeted } = this
    page.set(edge.connections, accepted, listener)
    page.set(edge.open, open, listener)
    page.set(edge.left, left, listener)
    page.set(edge.early, talkedEarly, listener)
    page.set(edge.openSessions, greeted - this.endings.all.reduce((sum, [, { value }]) => sum + value, 0), listener)
    page.counts(edge.refused, this.refused, listener)
    page.counts(edge.sessions, this.endings, listener)
    page.counts(edge.cut, this.cut, listener)
    page.counts(edge.denied, this.denied, listener)
    page.counts(edge.replies, this.#replies, listener)
    page.counts(edge.faults, this.faults, listener)
    page.counts(edge.handshakes, this.#handshakes, listener)
    page.counts(edge.handshakeFailures, this.#failures, listener)
  }
}

/** Whether we are under stress, and how often we have been. */
export interface StressCounts {
  stress: 0 | 1
  stressed: number
}

export function writeStress(page: Page, { stress, stressed }: StressCounts): void {
  page.set(edge.stress, stress)
  page.set(edge.stresses, stressed)
}
