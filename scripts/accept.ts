import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { alignRows } from '../src/report/table.ts'
import { type Outcome, talk } from './accept/client.ts'
import { type Figures, type Way, ways } from './accept/ways.ts'

/**
 * Measures how connections reach several processes: `npm run accept -- [connections]`. Two workers speak a minimal SMTP;
 * each client brings one message. See docs/decisions/0015.
 */
const [connections = 4000] = process.argv.slice(2).map(Number)
const atATime = 32
const disturbEveryMs = 800

async function ask(primary: ChildProcess, what: string): Promise<Figures> {
  primary.send(what)
  const [figures] = await once(primary, 'message', { signal: AbortSignal.timeout(20_000) })
  return figures
}

/** Sends messages, so many clients at a time, as long as there is another to send, and counts what became of them. */
async function send(port: number, another: () => boolean): Promise<Record<Outcome, number>> {
  const outcomes: Record<Outcome, number> = { ok: 0, refused: 0, cut: 0, hung: 0 }
  const client = async () => {
    while (another()) outcomes[await talk(port)]++
  }
  await Promise.all(Array.from({ length: atATime }, client))
  return outcomes
}

function upTo(count: number): () => boolean {
  let begun = 0
  return () => begun++ < count
}

/** The same for some seconds, while something happens to a worker ten times. */
async function disturbed(primary: ChildProcess, port: number, what: string): Promise<Record<Outcome, number>> {
  const timer = setInterval(() => primary.send(what), disturbEveryMs)
  const end = Date.now() + 10.5 * disturbEveryMs
  const outcomes = await send(port, () => Date.now() < end)
  clearInterval(timer)
  return outcomes
}

async function measure(way: Way): Promise<string[]> {
  const primary = fork(new URL('./accept/primary.ts', import.meta.url), [way])
  const [{ port }] = await once(primary, 'message')
  await send(port, upTo(500))
  const before = await ask(primary, 'figures')
  await send(port, upTo(connections))
  const after = await ask(primary, 'figures')
  const kills = await disturbed(primary, port, 'kill')
  const restarts = await disturbed(primary, port, 'replace')
  primary.send('block')
  const blocked = await send(port, upTo(64))
  primary.kill('SIGKILL')
  const taken = after.taken.map((count, index) => count - (before.taken[index] ?? 0))
  const seconds = (after.cpuSeconds - before.cpuSeconds) / (connections / 1000)
  const inPrimary = (after.primarySeconds - before.primarySeconds) / (connections / 1000)
  return [way, taken.join(' : '), seconds.toFixed(2), inPrimary.toFixed(2), ...[kills, restarts, blocked].map(inWords)]
}

function inWords({ ok, refused, cut, hung }: Record<Outcome, number>): string {
  return `${ok} ok, ${refused} refused, ${cut} cut, ${hung} hung`
}

const rows = [['way', 'taken', 's/1000', 'in primary', '10 x kill -9', '10 x replaced', 'one blocked for 5 s']]
for (const way of ways) rows.push(await measure(way))
for (const line of alignRows(rows)) process.stdout.write(`${line}\n`)
