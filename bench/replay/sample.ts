import assert from 'node:assert/strict'
import { join } from 'node:path'
import { compare } from '../../src/cli/replay/compare.ts'
import { openSimulation } from '../../src/cli/replay/simulation.ts'
import { readWithSource } from '../../src/cli/startup.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { JournalFile } from '../../src/journal/journal-file.ts'
import { JournalReader } from '../../src/journal/journal-reader.ts'
import { rowOf } from '../../src/journal/record.ts'
import { type Difference, DifferenceCounter } from '../../src/replay/difference.ts'
import { compareTraces, type Judged } from '../../src/replay/judged.ts'
import { readReply } from '../../src/replay/recorded-hop.ts'
import { Replayer } from '../../src/replay/replayer.ts'
import { cutIntoSlices } from '../../src/replay/slices.ts'
import { configurationFor, writeConfiguration } from './configuration.ts'
import type { Origin } from './origins.ts'
import { sendAgain } from './send-again.ts'

interface Sampling {
  readonly folder: string
  readonly journal: string
  readonly origins: ReadonlyMap<string, Origin>
  readonly size: number
  readonly change: (rules: string) => string
}

const samples = 1000

/** Sends a part of the journal again, and fails unless a replay of the same part says what has really become of it. */
export async function checkSample({ folder, journal, origins, size, change }: Sampling): Promise<Difference> {
  const traces = middle(journal, size)
  const originOf = ({ id }: Trace) => origins.get(id) as Origin
  const sent = await sendAgain({ folder, traces, originOf, change })
  const simulation = openSimulation(await configurationFor({ folder, change, name: 'sample' }))
  const replayer = new Replayer(simulation)
  const counter = new DifferenceCounter({ samples })
  for (const [index, trace] of traces.entries()) {
    const again = await replayer.judge(trace)
    const [said, really] = [again, sent[index] as Trace].map(other => compareTraces(trace, other, simulation.gateway))
    counter.add(sameCopies(trace, said as Judged, really as Judged))
    const why = JSON.stringify([again, sent[index]])
    assert.deepEqual(replies(again, said as Judged), replies(sent[index] as Trace, said as Judged), why)
  }
  const report = await replayPart({ folder, traces, change })
  assert.deepEqual(counter.report, report)
  return report
}

function middle(journal: string, size: number): Trace[] {
  const reader = new JournalReader(journal)
  const skipped = Math.max(0, Math.floor((reader.count() - size) / 2))
  const traces = [...reader.entries().drop(skipped).take(size)].map(({ trace }) => trace)
  reader.close()
  return traces
}

/** What really became of it; what the replay could not say stays open. */
function sameCopies(trace: Trace, said: Judged, really: Judged): Judged {
  const recipients = really.recipients.map((recipient, index) => {
    const after = said.recipients[index]?.after
    return after && 'missing' in after ? { ...recipient, after } : recipient
  })
  assert.equal(said.recipients.length, trace.recipients.length)
  return { ...really, recipients }
}

/** What the client reads about each recipient, without the ids; the next hop has its own words for what it takes. What the replay leaves open is left out. */
function replies({ recipients }: Trace, said: Judged) {
  const open = new Set(said.recipients.filter(({ after }) => 'missing' in after).map(({ address }) => address))
  return recipients
    .filter(({ address }) => !open.has(address))
    .map(({ address, outcome, reply }) => ({ address, outcome, reply: reply.startsWith('2') ? '250' : readReply(reply) }))
}

async function replayPart({ folder, traces, change }: Pick<Sampling, 'folder' | 'change'> & { traces: readonly Trace[] }) {
  const journal = join(folder, 'sample.sqlite')
  const file = new JournalFile(journal, 1000)
  file.write(traces.map(trace => rowOf(trace, 'made')))
  file.close()
  const read = await readWithSource(await writeConfiguration({ folder, change, name: 'sample' }))
  const [first, last] = [traces[0], traces.at(-1)]
  if ('problems' in read || !first || !last) throw new Error('There is nothing to replay')
  const until = new Date(Date.parse(last.started) + 1)
  const slices = cutIntoSlices({ since: new Date(first.started), until }, 0)
  return compare({ journal, slices, rules: read.value, threads: 2, samples })
}
