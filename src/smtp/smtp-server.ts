import type { EdgeCounts } from '../metrics/edge.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { ConnectionCounts } from './listener.ts'

/** Where we listen, as it turned out. */
export interface ListeningAddress {
  readonly address: string
  readonly port: number
  readonly as: 'mx' | 'submission'
}

/** The running edge of the gateway. */
export interface SmtpServer {
  /** In the order of the listeners. */
  readonly addresses: readonly ListeningAddress[]
  readonly counts: Readonly<ConnectionCounts>
  /** What has happened at each listener. */
  readonly seen: readonly EdgeCounts[]
  /** The limits that this server may share with others. */
  readonly admissions: ConnectionLimits
  /** Seals session tickets with another key; those that were sealed with the former one are no longer taken. */
  useTicketKeys(keys: Buffer): void
  /** Reads the certificate again, if its files have changed. */
  reloadCertificate(): Promise<void>
  /** Accepts no more, and lets sessions go on until they end by themselves or the time is up. */
  retire(timeoutMs: number): Promise<void>
  /** Accepts no more, lets messages that are coming in be finished, and ends all else with 421; after the time is up, everything. */
  drain(timeoutMs: number): Promise<void>
  /** Ends everything now. */
  close(): Promise<void>
}
