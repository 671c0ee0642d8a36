import type { DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import type { Lookup, Trace } from '../engine/trace.ts'
import { most as mostOfAll } from './schema.ts'

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
export function rowOf(trace: Trace, configuration: string, json = jsonOf(trace)): Row {
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

/** Anybody may publish records of 64 KiB, and have them asked for. */
const most = { records: 20, characters: 1000, json: mostOfAll.characters } as const

/** A trace as text, without what is a secret or too much. It throws when a policy or a fact of a stranger has put something else than data into it. */
function jsonOf(trace: Trace): string {
  const json = JSON.stringify({ ...trace, lookups: trace.lookups?.map(shortened) })
  const short = json.length > most.json ? JSON.stringify({ ...trace, lookups: undefined }) : json
  if (short.length > most.json) throw new RangeError(`expected a trace of at most ${most.json} characters, found ${short.length}`)
  return short
}

function shortened({ fact, type, name, answer }: Lookup): Lookup {
  return { fact, type, name: type === 'A' ? withoutKey(name) : name, ...(answer && { answer: shortAnswer(answer) }) }
}

type Answer = DnsAnswer<DnsRecords[DnsType]>

function shortAnswer(answer: Answer): Answer {
  const { records } = answer
  const isShort =
    records.length <= most.records && records.every(record => typeof record !== 'string' || record.length <= most.characters)
  if (isShort) return answer
  const cut = (record: Answer['records'][number]) => (typeof record === 'string' ? record.slice(0, most.characters) : record)
  return { ...answer, records: records.slice(0, most.records).map(cut) }
}

/** Who pays for a blocklist asks it under a key of his own, which is a label of the name. */
function withoutKey(name: string): string {
  return name.replaceAll(/(?<=^|\.)(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,63}(?=\.)/g, '<key>')
}
