import type { Configuration } from '../../config/load.ts'
import type { Trace } from '../../engine/trace.ts'
import { JournalReader } from '../../journal/journal-reader.ts'
import { compareTraces, type Judged } from '../../replay/judged.ts'
import { Replayer } from '../../replay/replayer.ts'
import type { Slice } from '../../replay/slices.ts'
import { openSimulation } from './simulation.ts'

/** What one lane judges: every slice, or, where the order does not matter, its share of them. */
export interface LaneTask {
  readonly journal: string
  readonly slices: readonly Slice[]
  /** The first slice, and how many lanes there are. */
  readonly lane: number
  readonly lanes: number
  /** Whether rules remember what came before: then there is one lane. */
  readonly isOrdered: boolean
}

/** Some transactions of a slice that were judged again. */
export interface Batch {
  readonly judged: readonly Judged[]
  /** Nothing more comes of this slice. */
  readonly isLast: boolean
}

const batchSize = 256

/** A rule has made use of its memory although none did at first: all must be judged in order after all. */
export class NeedsOrder extends Error {
  override name = 'NeedsOrder'
}

/** Judges slice after slice; each ends with a batch that says so. */
export async function* judgeSlices(configuration: Configuration, task: LaneTask): AsyncGenerator<Batch> {
  const { slices, lane, lanes, isOrdered } = task
  const reader = new JournalReader(task.journal)
  const judge = openJudge(configuration)
  try {
    for (let at = lane; at < slices.length; at += lanes) {
      const slice = slices[at] as Slice
      if (!isOrdered) judge.forget()
      // What fills no memory need not be judged.
      yield* isOrdered || slice.counts ? judgeSlice(reader, slice, judge) : [{ judged: [], isLast: true }]
      if (!isOrdered && judge.hasRemembered) throw new NeedsOrder()
    }
  } finally {
    reader.close()
  }
}

async function* judgeSlice(reader: JournalReader, { since, until, counts }: Slice, judge: Judge): AsyncGenerator<Batch> {
  let judged: Judged[] = []
  for (const { trace } of reader.entries({ since, until })) {
    const result = await judge.judge(trace)
    if (!counts) continue
    judged.push(result)
    if (judged.length < batchSize) continue
    yield { judged, isLast: false }
    judged = []
  }
  yield { judged, isLast: true }
}

interface Judge {
  judge(trace: Trace): Promise<Judged>
  forget(): void
  readonly hasRemembered: boolean
}

function openJudge(configuration: Configuration): Judge {
  const simulation = openSimulation(configuration)
  let replayer = new Replayer(simulation)
  return {
    judge: async trace => compareTraces(trace, await replayer.judge(trace), simulation.gateway),
    forget: () => {
      replayer = new Replayer(simulation)
    },
    get hasRemembered() {
      return simulation.memory.isUsed
    },
  }
}

/** Whether the rules make use of their memory for any of these transactions. */
export async function remembers(configuration: Configuration, traces: Iterable<Trace>): Promise<boolean> {
  const judge = openJudge(configuration)
  for (const trace of traces) {
    await judge.judge(trace)
    if (judge.hasRemembered) return true
  }
  return false
}
