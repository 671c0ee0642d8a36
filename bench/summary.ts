import type { Times } from './generator.ts'
import type { Sample } from './sample.ts'
import { median } from './statistics.ts'

/** The medians of a peer's samples under one load. Times in milliseconds, memory in bytes. */
export interface Row {
  readonly peer: string
  readonly rate: number
  readonly cpuPerThousand: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly before: number
  readonly peak: number
  readonly proportional: number
  readonly busyPeer: number
  readonly busyLoad: number
  /** What the machine did besides; it makes everything slower. */
  readonly busyOther: number
  readonly questions: number
  /** In all samples. */
  readonly errors: number
  readonly faults: readonly string[]
}

/** One row for each peer that was measured under a load, in the order of the first round. */
export function summarize(samples: readonly Sample[]): Row[] {
  const byPeer = Map.groupBy(samples, ({ peer }) => peer)
  return [...byPeer].map(([peer, own]) => {
    const middle = (of: (sample: Sample) => number) => median(own.map(of))
    const time = (which: keyof Times) => median(own.flatMap(({ latency }) => latency?.[which] ?? []))
    return {
      peer,
      rate: middle(({ rate }) => rate),
      cpuPerThousand: middle(sample => sample.cpuPerThousand),
      p50: time('p50'),
      p95: time('p95'),
      p99: time('p99'),
      before: middle(({ memory }) => memory.before),
      peak: middle(({ memory }) => memory.peak),
      proportional: middle(({ memory }) => memory.proportional),
      busyPeer: middle(({ busy }) => busy.peer),
      busyLoad: middle(({ busy }) => busy.load),
      busyOther: middle(({ busy }) => busy.other),
      questions: middle(({ questionsPerMessage }) => questionsPerMessage),
      errors: own.reduce((sum, { errors }) => sum + errors, 0),
      faults: own.flatMap(({ faults }) => faults),
    }
  })
}
