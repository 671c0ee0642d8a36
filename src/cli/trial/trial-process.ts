/** The process that `postern run` starts before a reload: a program of its own, since much of Postern would only take its time. */
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { loadConfiguration } from '../../config/load.ts'
import { policyFilesSeen } from '../../config/policy-modules.ts'
import { ownTests, runOwnTests, testKey } from '../own-test.ts'
import { Channel } from '../workers/channel.ts'
import type { Answer, Question } from './trial.ts'

/** Twice as long as its parent waits. */
const longestMs = 60_000

const channel = new Channel(process)
channel.on('try', answer)
process.on('disconnect', () => process.exit(1))
// In a loop without an end it would not see that its parent is gone.
new Worker(`setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${longestMs})`, { eval: true }).unref()

async function answer({ source, passed }: Question): Promise<Answer> {
  const loaded = await loadConfiguration(source)
  if ('problems' in loaded) return { problems: loaded.problems, passed, files: policyFilesSeen() }
  const tests = ownTests(loaded.value)
  const keys = await Promise.all(tests.map(testKey))
  const due = tests.filter((_, index) => keys[index] !== undefined && !passed.includes(keys[index]))
  // With those that are not there yet: one that is written may fail.
  const files = [...policyFilesSeen(), ...tests.map(({ file }) => file)]
  if (due.length === 0) return { problems: [], passed: keys.flatMap(key => key ?? []), files }
  channel.tell('testing', { tests: due.map(({ file }) => file), files })
  // What a test does is not known: that word is out before it.
  await turn()
  // The tests are over when there is nothing left to wait for.
  process.channel?.unref()
  const problems = await runOwnTests(due)
  return { problems, passed: problems.length === 0 ? keys.flatMap(key => key ?? []) : passed, files }
}
