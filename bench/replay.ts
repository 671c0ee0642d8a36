/**
 * What a replay costs, and whether it is right: `bench/replay.ts [TRANSACTIONS [SAMPLE [CLIENTS]]]`. Sessions are made of real mail with many
 * envelopes, clients and times, and judged again with a lower threshold and a longer greylisting delay; a sample of them is
 * really sent again.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasCorpus } from '../scripts/realworld/sessions.ts'
import { changed, configurationFor, writeConfiguration } from './replay/configuration.ts'
import { findFacts } from './replay/find-facts.ts'
import { makeJournal } from './replay/make.ts'
import { readOrigins } from './replay/origins.ts'
import { checkSample } from './replay/sample.ts'

if (!hasCorpus) {
  console.error('needs ../shared/corpora/realworld, which is not ours to hand on')
  process.exit(0)
}
const [transactions = 100_000, sample = 500, most = Number.POSITIVE_INFINITY] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'postern-bench-replay-'))
const journal = join(folder, 'journal.sqlite')
const month = 30 * 24 * 60 * 60 * 1000

const known = await timed('facts found out', async () => findFacts((await readOrigins()).slice(0, most), folder))
console.log(`${known.length} clients with a message each`)
const configuration = await configurationFor({ folder })
const start = Date.UTC(2026, 9, 1)
const making = { file: journal, transactions, start, meanMs: month / transactions, configuration }
const origins = await timed('journal made', () => makeJournal(known, making))
console.log(`${transactions} transactions, ${Math.round((await stat(journal)).size / 2 ** 20)} MiB`)
await writeConfiguration({ folder, name: 'new', change: changed })
const against = ['--against', join(folder, 'postern.yaml')]
for (const extra of [['--threads', '1'], [], [...against, '--threads', '1'], against]) measure(extra)
const really = await timed(`${sample} really sent again`, () =>
  checkSample({ folder, journal, origins, size: sample, change: changed }),
)
console.log(
  `the same, of ${really.transactions}: ${really.changed} changed, ${really.unchanged} unchanged, ${really.undecided} undecided`,
)
await rm(folder, { recursive: true })

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  console.log(`${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}

/** Runs the command as an administrator does, and prints what it took. */
function measure(extra: readonly string[]): void {
  const main = join(import.meta.dirname, '../src/cli/main.ts')
  const args = [main, 'replay', '-c', join(folder, 'new.yaml'), '--journal', journal, '--limit', '1', ...extra]
  const started = performance.now()
  const { stdout, stderr } = spawnSync('/usr/bin/time', ['-f', '%M %U', process.execPath, ...args], { encoding: 'utf8' })
  const seconds = (performance.now() - started) / 1000
  const [kilobytes = 0, cpu = 0] = stderr.trim().split(/\s+/).slice(-2).map(Number)
  console.log(stdout)
  const cost = `${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU, ${Math.round(kilobytes / 1024)} MiB at most`
  console.log(`replay ${extra.join(' ')}: ${cost}, ${Math.round(transactions / seconds)} transactions a second\n`)
}
