import type { MailParameters } from '../mail/envelope.ts'
import type { Session } from '../mail/session.ts'
import type { DnsAnswer, DnsRecords, DnsType } from './dns.ts'
import type { Evidence } from './evidence.ts'
import type { Phase } from './phase.ts'
import type { Verdict } from './verdict.ts'

/** One line of the account of how a decision came about. */
export interface TraceEntry {
  readonly phase: Phase
  readonly rule: string
  readonly verdict: Verdict
  /** What kind of evidence its points are, when it brings any. */
  readonly evidence?: Evidence
  /** What the rule said, before it was softened because the DNS was in trouble. */
  readonly softened?: 'reject' | 'defer'
  readonly shadow: boolean
  readonly ms: number
  /** How long it kept the process from everything else, in milliseconds, when that was long. */
  readonly blockedMs?: number
  /** The recipients it was about, once there are any. */
  readonly recipients?: readonly string[]
  readonly error?: string
}

/** What a fact turned out to be. Facts are plain data, so that a trace can be judged again later. */
export interface FactEntry {
  readonly fact: string
  readonly value?: unknown
  readonly error?: string
  readonly ms: number
  /** The recipient it is about, when it was found at RCPT. */
  readonly recipient?: string
}

/** One question to the DNS, and what came back. */
export interface Lookup {
  /** For which fact it was asked. */
  readonly fact: string
  readonly type: DnsType
  readonly name: string
  /** Absent when nobody waited for it. It may come from memory: its time to live is that of the answer when it came. */
  readonly answer?: DnsAnswer<DnsRecords[DnsType]>
}

/** What has become of one recipient. */
export interface RecipientTrace {
  readonly address: string
  readonly outcome: Outcome
  readonly score: number
  /** Our answer to RCPT, or after DATA, as it went over the wire: `550 5.7.1 …`. */
  readonly reply: string
  /** Where the copy is, or who refused it: a transport's name, `quarantine`, or nothing. */
  readonly where?: string
  /** Judged by no rule but those that always run: it says nothing about the sender that its mail was taken. */
  readonly exempt?: true
  /** Delivered, and marked as doubtful. */
  readonly tagged?: true
  /** The rule and the reason that decided, when a rule did. */
  readonly rule?: string
  readonly reason?: string
  /** What the next hop said, or why it could not be asked. */
  readonly detail?: string
}

/** `left` is a recipient whose sender went away, or began anew, before the message was complete. */
export type Outcome = 'delivered' | 'quarantined' | 'rejected' | 'deferred' | 'left'

/** How a transaction ended: with an answer to DATA, or before. */
export type Ending = 'answered' | 'reset' | 'quit' | 'disconnected' | 'shut down' | 'timed out' | 'refused by the protocol'

/** The account of one transaction: everything that was found, and everything that was said about it. */
export interface Trace {
  /** Stands in every reply: the session's id and the transaction's number, `1N3Z8QK4F00A.1`. */
  readonly id: string
  /** ISO 8601, in UTC. */
  readonly started: string
  readonly ms: number
  readonly session: Session
  /** Absent when the client never sent MAIL, null for bounces. */
  readonly sender?: string | null
  readonly parameters?: MailParameters
  readonly recipients: readonly RecipientTrace[]
  readonly message?: MessageTrace
  readonly facts: readonly FactEntry[]
  /** What the facts rest on. The journal keeps it, the log does not. */
  readonly lookups?: readonly Lookup[]
  readonly entries: readonly TraceEntry[]
  /** So many questions to the DNS failed that nobody was refused for an answer. */
  readonly degraded?: true
  readonly ending: Ending
  /** The limit of the edge at which it ended, by its key in the configuration: `commandMs`. */
  readonly limit?: string
  /** The last word: the reply to DATA, if there was one. */
  readonly reply?: string
}

export interface MessageTrace {
  readonly size: number
  readonly from?: string
  readonly subject?: string
  readonly messageId?: string
}
