// Does harm to a real Postern and looks whether any mail is lost: `npm run drill -- [NAME…] [--write]`.
import { parseArgs } from 'node:util'
import { drills } from './catalogue.ts'
import type { Drill, Outcome } from './drill.ts'
import { type Result, table, writePage } from './page.ts'
import { Stage } from './stage/stage.ts'

/** A drill takes half of it on a machine that has nothing else to do. */
const longestMs = 40_000

let present: Stage | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // What was begun must not outlive us: processes, and small disks.
  process.once(signal, () => void present?.close().finally(() => process.exit(1)))
}

async function perform(drill: Drill): Promise<Result> {
  const since = performance.now()
  const { name } = drill
  const lacks = await drill.lacks?.()
  if (lacks !== undefined) return { name, outcomes: [], skipped: lacks, seconds: 0 }
  const stage = await Stage.open(name)
  present = stage
  try {
    const outcomes = await Promise.race([drill.run(stage), late()])
    const seconds = (performance.now() - since) / 1000
    return typeof outcomes === 'string' ? { name, outcomes: [], skipped: outcomes, seconds } : { name, outcomes, seconds }
  } catch (error) {
    return { name, outcomes: [broken(error)], seconds: (performance.now() - since) / 1000 }
  } finally {
    await stage.close()
  }
}

function late(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  setTimeout(() => reject(new Error(`the drill took longer than ${longestMs} ms`)), longestMs).unref()
  return promise
}

function broken(error: unknown): Outcome {
  console.error(error)
  const [fault = ''] = String(error).split('\n')
  return { done: 'the drill itself', clients: '', where: '', faults: [fault] }
}

const { values, positionals } = parseArgs({ options: { write: { type: 'boolean', default: false } }, allowPositionals: true })
const unknown = positionals.filter(name => !drills.some(drill => drill.name === name))
if (unknown.length) {
  console.error(`No drill ${unknown.join(', ')}. There are: ${drills.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
if (values.write && positionals.length) {
  console.error('The page has all drills: --write goes without names')
  process.exit(2)
}
const results: Result[] = []
for (const drill of drills.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const result = await perform(drill)
  results.push(result)
  const faults = result.outcomes.flatMap(({ done, faults }) => faults.map(fault => `    ${done}: ${fault}`))
  console.log(
    [
      `${result.skipped ? 'skip' : faults.length ? 'FAIL' : 'ok  '} ${drill.name} (${result.seconds.toFixed(1)} s)`,
      ...faults,
    ].join('\n'),
  )
}
console.log(`\n${table(results)}`)
if (values.write) await writePage(results)
process.exitCode = results.some(({ outcomes }) => outcomes.some(({ faults }) => faults.length)) ? 1 : 0
