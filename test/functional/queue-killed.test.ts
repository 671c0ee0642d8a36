import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Step } from '../../src/queue/step.ts'
import { folderFor } from '../queue/stage.ts'

const inQueue = (name: string) => join(import.meta.dirname, '../queue', name)

/** Runs a process that takes and delivers messages, to its end; what it has said, and by which signal it ended. */
function run(folder: string, { messages, laterMs = 0, killAt }: { messages: number; laterMs?: number; killAt?: Step }) {
  const args = ['--import', inQueue('kill-at-step.ts'), inQueue('busy-process.ts'), folder, String(messages), String(laterMs)]
  const env = { ...process.env, ...(killAt && { KILL_AT: killAt }) }
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  assert.equal(stderr, '')
  const said = (word: string) =>
    stdout.split('\n').flatMap(line => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  return { signal, taken: said('250'), arrived: said('arrived'), left: said('left') }
}

/** Where a message may arrive twice: it was delivered, and nobody had written that down. */
const twice: ReadonlySet<Step> = new Set(['deliver: sent', 'settle: before the commit'])

const steps: readonly Step[] = [
  'add: content written',
  'add: before the commit',
  'add: committed',
  'claim: before the commit',
  'claim: committed',
  'deliver: asked',
  'deliver: sent',
  'settle: before the commit',
  'settle: committed',
]

describe('a process that is killed loses nothing that it has taken', { concurrency: 2 }, () => {
  for (const killAt of steps) {
    it(`at "${killAt}"`, t => {
      const folder = folderFor(t)
      const first = run(folder, { messages: 4, killAt })
      assert.equal(first.signal, 'SIGKILL')
      // When its leases are over.
      const second = run(folder, { messages: 1, laterMs: 600_000 })
      assert.equal(second.signal, null)
      const arrived = [...first.arrived, ...second.arrived]
      for (const id of [...first.taken, ...second.taken]) assert.ok(arrived.includes(id), `${id} was taken and has not arrived`)
      const duplicates = arrived.length - new Set(arrived).size
      if (!twice.has(killAt)) assert.equal(duplicates, 0)
      assert.deepEqual(second.left, ['0'])
    })
  }
})
