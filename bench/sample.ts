import type { Times } from './generator.ts'

/** One measurement of one peer under one load. */
export interface Sample {
  readonly cell: string
  readonly peer: string
  readonly round: number
  /** Messages that came out as expected, and how many of them in a second. */
  readonly messages: number
  readonly rate: number
  /** CPU seconds of the peer and all its children for 1000 messages. */
  readonly cpuPerThousand: number
  /** From connecting, or MAIL on an open connection, to the reply. */
  readonly latency: Times | undefined
  /** Memory in bytes: before, the most during, and after; `proportional` counts shared pages once. */
  readonly memory: { readonly before: number; readonly peak: number; readonly proportional: number }
  /** How many cores were busy: with the peer, with generator, sink and name server, with anything else on the machine. */
  readonly busy: { readonly peer: number; readonly load: number; readonly other: number }
  readonly questionsPerMessage: number
  /** Messages that did not come out as expected, or not at all. */
  readonly errors: number
  readonly errorSamples: readonly string[]
  /** What proves that mail was lost, doubled or changed. */
  readonly faults: readonly string[]
}

/** What idle connections take. */
export interface IdleSample {
  readonly cell: string
  readonly peer: string
  readonly round: number
  readonly held: number
  readonly errors: number
  readonly errorSamples: readonly string[]
  /** Memory in bytes, shared pages counted once: without connections, and with them. */
  readonly before: number
  readonly during: number
  /** How many cores are busy with doing nothing. */
  readonly busy: number
  /** How long it took to open them all, in seconds. */
  readonly openSeconds: number
}
