import { machineSeconds, proportionalBytes, residentBytes } from './account.ts'
import type { LoadCell } from './cells.ts'
import { faults } from './faults.ts'
import { type Bounds, generate } from './generator.ts'
import type { Running } from './running.ts'
import type { Sample } from './sample.ts'
import type { Surroundings } from './surroundings.ts'

const memoryEveryMs = 200

/** Loads a peer, and takes the measure of it. */
export async function measure(
  cell: LoadCell,
  running: Running,
  around: Surroundings,
  { round, ...bounds }: Bounds & { readonly round: number },
): Promise<Sample> {
  const { peer, child } = running
  const memory = watchMemory(running)
  const before = await readings(running, around)
  const outcome = await generate(cell, running, around, bounds)
  const after = await readings(running, around)
  const seconds = (after.at - before.at) / 1000
  const used = (part: 'peer' | 'sink' | 'dns' | 'driver' | 'machine') => after[part] - before[part]
  const load = outcome.cpu + used('sink') + used('dns')
  const thousands = Math.max(outcome.messages, 1) / 1000
  return {
    cell: cell.name,
    peer: peer.name,
    round,
    messages: outcome.messages,
    rate: outcome.rate,
    cpuPerThousand: used('peer') / thousands,
    latency: outcome.latency ?? undefined,
    memory: { ...memory.stop(), proportional: proportionalBytes(child.pids()) },
    busy: {
      peer: used('peer') / seconds,
      load: load / seconds,
      other: Math.max(0, used('machine') - used('peer') - load - used('driver')) / seconds,
    },
    questionsPerMessage: (after.questions - before.questions) / 1000 / thousands,
    errors: outcome.errors + outcome.unfinished,
    errorSamples: outcome.samples,
    faults: peer.keeps ? [] : faults(cell, outcome, { before: before.counts, after: after.counts }),
  }
}

/** CPU seconds of everybody, and what has been counted, at one moment. */
async function readings({ child }: Running, around: Surroundings) {
  const [counts, dns] = [await around.sinkCounts(), await around.dnsCounts()]
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now(),
    counts,
    questions: dns.questions,
    peer: child.account.cpuSeconds(),
    sink: counts.cpu,
    dns: dns.cpu,
    driver: (user + system) / 1e6,
    machine: machineSeconds(),
  }
}

function watchMemory({ child }: Running) {
  const before = residentBytes(child.pids())
  let peak = before
  const look = () => {
    peak = Math.max(peak, residentBytes(child.pids()))
  }
  const timer = setInterval(look, memoryEveryMs)
  return {
    stop() {
      clearInterval(timer)
      look()
      return { before, peak }
    },
  }
}
