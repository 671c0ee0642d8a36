import { setTimeout as wait } from 'node:timers/promises'
import type { Cell, LoadCell } from './cells.ts'
import { generate } from './generator.ts'
import { measureIdle } from './idle.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import type { Peer } from './peer.ts'
import { type Running, startPeer } from './running.ts'
import type { IdleSample, Sample } from './sample.ts'
import type { Surroundings } from './surroundings.ts'
import { clients } from './zone.ts'

/** How long the name server's answers are surely remembered: "no such name" is for five minutes. */
const warmMs = 120_000
const warmSeconds = 20
const settleMs = 500

/** A stretch of time, by performance.now() of this process, in which a peer was measured. */
interface Stretch {
  readonly peer: string
  readonly from: number
  readonly to: number
}

export interface Results {
  readonly samples: readonly Sample[]
  readonly idle: readonly IdleSample[]
  readonly stretches: readonly Stretch[]
}

interface Run {
  readonly options: Options
  readonly around: Surroundings
  readonly profiles: string | undefined
  readonly running: Map<string, Running>
  readonly say: (line: string) => void
}

/** Measures every load with every peer, round by round, the order turning with each: what drifts, drifts for all. */
export async function measureAll(
  options: Options,
  around: Surroundings,
  context: Pick<Run, 'profiles' | 'say'>,
): Promise<Results> {
  const run: Run = { options, around, running: new Map(), ...context }
  const results = { samples: [] as Sample[], idle: [] as IdleSample[], stretches: [] as Stretch[] }
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const [at, cell] of options.cells.entries()) {
        if (isLong(cell) && round > 0) continue // a memory differs less from round to round than a rate
        for (const peer of turned(peersOf(cell, options.peers), round + at)) {
          const from = performance.now()
          const sample = await measureOne(cell, peer, round, run)
          results.stretches.push({ peer: peer.name, from, to: performance.now() })
          if ('held' in sample) results.idle.push(sample)
          else results.samples.push(sample)
          context.say(lineOf(sample))
        }
      }
    }
    return results
  } finally {
    await Promise.all([...run.running.values()].map(({ child }) => child.stop()))
  }
}

/** The peers that a load is for, as far as they were asked for. */
export function peersOf(cell: Cell, peers: readonly Peer[]): readonly Peer[] {
  return peers.filter(({ name }) => cell.peers.includes(name))
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length === 0 ? 0 : by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

function isLong(cell: Cell): boolean {
  return cell.kind === 'idle' || cell.isFresh === true
}

async function measureOne(cell: Cell, peer: Peer, round: number, run: Run): Promise<Sample | IdleSample> {
  const running = await ready(peer, run, { isFresh: isLong(cell) })
  if (cell.kind === 'idle') return measureIdle(cell, running, run.around, { round })
  if (cell.clients === 'known') await remindOf(running, run)
  if (!cell.sharesCores) return quietly(cell, running, round, run)
  const { cores, sink, dns } = run.around
  const all = [running.child, sink, dns]
  for (const child of all) child.pin(cores.all)
  try {
    return await quietly(cell, running, round, run)
  } finally {
    running.child.pin(cores.peer ?? cores.all)
    for (const child of [sink, dns]) child.pin(cores.load ?? cores.all)
  }
}

/** The peer, started and warmed up. */
async function ready(peer: Peer, run: Run, { isFresh }: { readonly isFresh: boolean }): Promise<Running> {
  const { options, around, running, profiles } = run
  const old = running.get(peer.name)
  if (old && !isFresh) return old
  await old?.child.stop()
  const fresh = await startPeer(peer, around, profiles === undefined ? {} : { profiles })
  running.set(peer.name, fresh)
  await wait(settleMs)
  const { messages, errors, samples } = await generate(warmUp, fresh, around, {
    seconds: warmSeconds,
    messages: options.warmMessages,
  })
  if (messages === 0) throw new Error(`${peer.name} takes no mail: ${samples.join('; ')}`)
  if (errors > 0) run.say(`${peer.name}: ${errors} errors while warming up: ${samples.join('; ')}`)
  fresh.warmedAt = performance.now()
  return fresh
}

const warmUp: LoadCell = {
  kind: 'load',
  name: 'warm-up',
  group: '',
  title: '',
  peers: [],
  size: '4k',
  connections: 20,
  perConnection: 1,
  clients: 'known',
}

/** Lets a peer see all known clients, if that was long ago. */
async function remindOf(running: Running, { around }: Run): Promise<void> {
  if (!running.peer.proxied || performance.now() - running.warmedAt < warmMs) return
  await generate(warmUp, running, around, { seconds: warmSeconds, messages: clients.known.count })
  running.warmedAt = performance.now()
}

/** Measures again while the machine is busy with something else; keeps the quietest. */
async function quietly(cell: LoadCell, running: Running, round: number, { options, around }: Run): Promise<Sample> {
  const { seconds, quiet } = options
  let best = await measure(cell, running, around, { round, seconds })
  for (let tries = 0; tries < quiet.retries && best.busy.other > quiet.cores && !cell.isFresh; tries++) {
    const next = await measure(cell, running, around, { round, seconds })
    if (next.busy.other < best.busy.other) best = next
  }
  return best
}

function lineOf(sample: Sample | IdleSample): string {
  const name = `${sample.round + 1} ${sample.cell.padEnd(13)} ${sample.peer.padEnd(22)}`
  if ('held' in sample)
    return `${name} ${sample.held} held, ${((sample.during - sample.before) / sample.held / 1024).toFixed(1)} KiB each`
  const { rate, cpuPerThousand, latency, busy, errors, errorSamples, faults } = sample
  return [
    name,
    `${rate.toFixed(0).padStart(6)}/s`,
    `${cpuPerThousand.toFixed(3)} CPU s/1000`,
    `p50 ${latency?.p50.toFixed(2)} p99 ${latency?.p99.toFixed(2)} ms`,
    `busy ${busy.peer.toFixed(2)}+${busy.load.toFixed(2)}+${busy.other.toFixed(2)}`,
    ...(errors > 0 ? [`${errors} errors: ${errorSamples.join('; ')}`] : []),
    ...faults.map(fault => `FAULT: ${fault}`),
  ].join('  ')
}
