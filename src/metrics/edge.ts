import type { Ending } from '../engine/trace.ts'
import { counter, gauge } from './family.ts'
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
    'Sessions that we ended because of a limit, by its key in the configuration.',
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

/** The limits that end a session. */
const cutting = [
  ...['errors', 'junkCommands', 'refusedRecipients', 'deferredRecipients'],
  ...['commandMs', 'sessionMs', 'dataBlockMs', 'dataBytesPerSecond', 'tlsHandshakeMs'],
]

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
  readonly refused = new Counts('connections', 'connectionsPerAddress', 'connectionsPerNetwork', 'newPerMinute')
  readonly endings = new Counts(...endings)
  readonly cut = new Counts(...cutting)
  readonly faults = new Counts()
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
    page.counts(edge.replies, this.#replies, listener)
    page.counts(edge.faults, this.faults, listener)
    page.counts(edge.handshakes, this.#handshakes, listener)
    page.counts(edge.handshakeFailures, this.#failures, listener)
  }
}
