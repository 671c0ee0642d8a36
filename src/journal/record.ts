import type { Trace } from '../engine/trace.ts'

/** A trace as the journal has it, and by which configuration it came about. */
export interface Recorded {
  readonly trace: Trace
  /** The fingerprint of the configuration that was in force. */
  readonly configuration: string
}

/** A line of the journal: the trace as JSON, and beside it what one looks for. Columns that hold several things have a line end around each. */
export interface Row {
  /** In milliseconds since 1970. */
  readonly started: number
  readonly id: string
  readonly configuration: string
  readonly client: string
  /** In lower case; empty for bounces, and when there was no MAIL. */
  readonly sender: string
  readonly recipients: string
  /** What has become of the recipients, `tagged` for those that were delivered as doubtful, and `none` when there was no recipient. */
  readonly outcomes: string
  /** The rules that had something to say. */
  readonly rules: string
  /** JSON. */
  readonly trace: string
}

/** The line for a trace. The JSON is made here, unless it is there already. */
export function rowOf(trace: Trace, configuration: string, json = JSON.stringify(trace)): Row {
  const outcomes = trace.recipients.flatMap(({ outcome, tagged }) => (tagged ? [outcome, 'tagged'] : [outcome]))
  return {
    started: Date.parse(trace.started),
    id: trace.id,
    configuration,
    client: trace.session.client.ip,
    sender: (trace.sender ?? '').toLowerCase(),
    recipients: lines(trace.recipients.map(({ address }) => address.toLowerCase())),
    outcomes: lines(outcomes.length > 0 ? outcomes : ['none']),
    rules: lines(trace.entries.flatMap(({ rule, verdict }) => (verdict.action === 'pass' ? [] : [rule]))),
    trace: json,
  }
}

function lines(values: readonly string[]): string {
  return `\n${[...new Set(values)].join('\n')}\n`
}
