import type { Cell, LoadCell } from './cells.ts'
import { measureIdle } from './idle.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import type { Peer } from './peer.ts'
import type { Running } from './running.ts'
import type { IdleSample, Sample } from './sample.ts'
import type { Surroundings } from './surroundings.ts'
import { keepWarm, startWarm } from './warm.ts'

/** Enough for the code to be there, and few enough to leave the heap small. */
const freshMessages = 200

export interface Results {
  readonly samples: readonly Sample[]
  readonly idle: readonly IdleSample[]
}

/** What goes with a measurement besides its numbers. */
interface Context {
  /** The folder that takes CPU profiles; without it, none are written. */
  readonly profiles?: string
  /** Told after each measurement. */
  readonly onSample: (sample: Sample | IdleSample) => void
}

interface Run extends Context {
  readonly options: Options
  readonly around: Surroundings
  readonly running: Map<string, Running>
}

/** Measures every load with every peer, round by round, the order turning with each: what drifts, drifts for all. */
export async function measureAll(options: Options, around: Surroundings, context: Context): Promise<Results> {
  const run: Run = { options, around, running: new Map(), ...context }
  const samples: (Sample | IdleSample)[] = []
  try {
    for (let round = 0; round < options.rounds && hasTime(options, round); round++)
      for (const [at, cell] of options.cells.entries()) {
        // A memory differs less from round to round than a rate, and takes longer.
        if (needsFresh(cell) && round > 0) continue
        for (const peer of turned(peersOf(cell, options.peers), round + at)) {
          const sample = await measureOne(cell, peer, round, run)
          samples.push(sample)
          context.onSample(sample)
        }
      }
    return { samples: samples.filter(sample => 'rate' in sample), idle: samples.filter(sample => 'held' in sample) }
  } finally {
    await Promise.all([...run.running.values()].map(({ child }) => child.stop()))
  }
}

function hasTime({ mostSeconds }: Options, roundsDone: number): boolean {
  const seconds = process.uptime()
  return roundsDone === 0 || seconds + seconds / roundsDone < mostSeconds
}

/** The peers that a load is for, as far as they were asked for. */
export function peersOf(cell: Cell, peers: readonly Peer[]): readonly Peer[] {
  return peers.filter(({ name }) => cell.peers.includes(name))
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}

/** Loads that ask for memory: what a peer has grown to under other loads must not be part of it. */
function needsFresh(cell: Cell): boolean {
  return cell.kind === 'idle' || cell.isFresh === true
}

function measureOne(cell: Cell, peer: Peer, round: number, run: Run): Promise<Sample | IdleSample> {
  return cell.kind === 'idle' || needsFresh(cell) ? measureFresh(cell, peer, round, run) : measureWarm(cell, peer, round, run)
}

async function measureFresh(cell: Cell, peer: Peer, round: number, { around, options }: Run): Promise<Sample | IdleSample> {
  const running = await startWarm(peer, around, { messages: freshMessages })
  try {
    if (cell.kind === 'idle') return await measureIdle(cell, running, around, { round })
    return await measure(cell, running, around, { round, seconds: options.seconds })
  } finally {
    await running.child.stop()
  }
}

async function measureWarm(cell: LoadCell, peer: Peer, round: number, run: Run): Promise<Sample> {
  const { options, around } = run
  const running = run.running.get(peer.name) ?? (await startWarm(peer, around, { ...run, messages: options.warmMessages }))
  run.running.set(peer.name, running)
  if (cell.clients === 'known') await keepWarm(running, around)
  return cell.sharesCores ? shared(running, around, () => quietly(cell, running, round, run)) : quietly(cell, running, round, run)
}

/** Does something while the peer and what loads it may use every core. */
async function shared(running: Running, { cores, sink, dns }: Surroundings, act: () => Promise<Sample>): Promise<Sample> {
  for (const child of [running.child, sink, dns]) child.pin(cores.all)
  try {
    return await act()
  } finally {
    running.child.pin(cores.peer ?? cores.all)
    for (const child of [sink, dns]) child.pin(cores.load ?? cores.all)
  }
}

/** Measures again while the machine is busy with something else; keeps the quietest. */
async function quietly(cell: LoadCell, running: Running, round: number, { options, around }: Run): Promise<Sample> {
  const { seconds, quiet } = options
  let best = await measure(cell, running, around, { round, seconds })
  for (let tries = 0; tries < quiet.retries && best.busy.other > quiet.cores; tries++) {
    const next = await measure(cell, running, around, { round, seconds })
    if (next.busy.other < best.busy.other) best = next
  }
  return best
}
