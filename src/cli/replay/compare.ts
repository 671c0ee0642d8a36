import { JournalReader } from '../../journal/journal-reader.ts'
import { type Difference, DifferenceCounter } from '../../replay/difference.ts'
import type { Judged, JudgedRecipient } from '../../replay/judged.ts'
import type { Slice } from '../../replay/slices.ts'
import type { Found } from '../startup.ts'
import { type Batch, judgeSlices, type LaneTask, NeedsOrder, remembers } from './lane.ts'
import { judgeInThread } from './thread-lane.ts'

/** What is compared with what. */
export interface Comparison {
  readonly journal: string
  readonly slices: readonly Slice[]
  readonly rules: Found
  /** What to compare with, instead of what was recorded. */
  readonly against?: Found
  /** So many threads at most. With one, everything happens in this one. */
  readonly threads: number
  readonly samples: number
}

/** Whether the rules of each configuration must be judged in order. */
type Order = ReadonlyMap<Found, boolean>

/** Judges the recorded transactions again and counts what has changed. The result does not depend on the number of threads. */
export async function compare(comparison: Comparison): Promise<Difference> {
  const all = comparison.against ? [comparison.rules, comparison.against] : [comparison.rules]
  const order = new Map<Found, boolean>()
  for (const found of all) order.set(found, await needsOrder(found, comparison))
  try {
    return await count(comparison, order)
  } catch (error) {
    if (!(error instanceof NeedsOrder)) throw error
    return count(comparison, new Map(all.map(found => [found, true])))
  }
}

const probed = 50

/** A rule that has a memory makes use of it soon. If it does later, this is found out as well. */
async function needsOrder({ configuration }: Found, { journal, slices }: Comparison): Promise<boolean> {
  const reader = new JournalReader(journal)
  try {
    const since = slices[0]?.since
    const first = reader.entries(since ? { since } : {}).take(probed)
    return await remembers(
      configuration,
      first.map(({ trace }) => trace),
    )
  } finally {
    reader.close()
  }
}

async function count(comparison: Comparison, order: Order): Promise<Difference> {
  const { rules, against, slices, samples } = comparison
  const counter = new DifferenceCounter({ samples })
  const lanes = openLanes(rules, comparison, order)
  const others = against ? openLanes(against, comparison, order) : undefined
  try {
    for (const at of slices.keys()) {
      // Both lanes judge at the same time.
      const [mine, theirs] = await Promise.all([sliceOf(lanes, at), others && sliceOf(others, at)])
      for (const judged of theirs ? joined(mine, theirs) : mine) counter.add(judged)
    }
  } finally {
    await Promise.all([...lanes, ...(others ?? [])].map(lane => lane.return(undefined)))
  }
  return counter.report
}

function openLanes(found: Found, { journal, slices, against, threads }: Comparison, order: Order): AsyncGenerator<Batch>[] {
  const isOrdered = order.get(found) ?? true
  const lanes = isOrdered ? 1 : Math.max(1, against ? Math.floor(threads / 2) : threads)
  return Array.from({ length: lanes }, (_, lane) => {
    const task: LaneTask = { journal, slices, lane, lanes, isOrdered }
    return threads > 1 ? judgeInThread(found.source, task) : judgeSlices(found.configuration, task)
  })
}

/** All of one slice. */
async function sliceOf(lanes: readonly AsyncGenerator<Batch>[], at: number): Promise<Judged[]> {
  const judged: Judged[] = []
  for (let isLast = false; !isLast; ) {
    const next = await lanes[at % lanes.length]?.next()
    if (!next || next.done) throw new Error('A lane ended before its last slice')
    judged.push(...next.value.judged)
    isLast = next.value.isLast
  }
  return judged
}

/** Instead of what was recorded, what other rules would have made of it. What only one has seen was written or taken out meanwhile. */
function joined(mine: readonly Judged[], theirs: readonly Judged[]): Judged[] {
  const others = new Map(theirs.map(judged => [judged.id, judged]))
  return mine.flatMap(judged => {
    const other = others.get(judged.id)
    return other ? [judgedAgainst(judged, other)] : []
  })
}

function judgedAgainst(judged: Judged, other: Judged): Judged {
  const others = new Map(other.recipients.map(({ address, after }) => [address, after]))
  const recipients = judged.recipients.flatMap((recipient): JudgedRecipient[] => {
    const before = others.get(recipient.address)
    if (!before) return []
    return ['missing' in before ? { ...recipient, after: before } : { ...recipient, before }]
  })
  return { ...judged, recipients }
}
