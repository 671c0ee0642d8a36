import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type { ConfigurationSource } from '../../config/find.ts'
import type { Problem } from '../../config/problem.ts'
import { Channel } from '../workers/channel.ts'

/** What is to be tried. */
export interface Question {
  readonly source: ConfigurationSource
  /** What tests were like that have passed, with all that they test: they need not be run again. */
  readonly passed: readonly string[]
}

/** What came of it. */
export interface Answer {
  readonly problems: readonly Problem[]
  /** What the tests are like that pass. */
  readonly passed: readonly string[]
  /** All files that had a part in it, there or not: a change to one may change the outcome. */
  readonly files: readonly string[]
}

/** How a trial goes. */
interface Trying {
  /** Ends it when nobody wants to know any more. */
  readonly signal: AbortSignal
  /** The policy files of the configuration, which are to blame when it does not get beyond loading them. */
  readonly policies: readonly string[]
  /** How long it may take altogether. */
  readonly withinMs?: number
}

/** In the form in which we run ourselves. */
const program = join(import.meta.dirname, `trial-process${extname(import.meta.filename)}`)

/**
 * Loads a configuration with the administrator's policies, and runs their tests, in a process of its own: code that hangs,
 * crashes or ends the process harms nobody.
 */
export async function tryOut(question: Question, { signal, policies, withinMs = 30_000 }: Trying): Promise<Answer> {
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const channel = new Channel(child)
  const ended = once(child, 'close').catch(() => [])
  let suspects = policies
  let files = policies
  channel.on('testing', (seen: Pick<Answer, 'files'> & { readonly tests: readonly string[] }) => {
    suspects = seen.tests
    files = seen.files
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  try {
    return await channel.ask<Answer>('try', question, withinMs)
  } catch {
    const isThere = child.connected
    kill()
    const [code, by] = await ended
    const how = by ? `a process that was killed by ${by}` : `a process that ended with exit code ${code}`
    const expected = suspects === policies ? 'a policy that loads' : 'a test that comes to its end'
    const found = isThere ? `no end within ${withinMs / 1000} s` : how
    return {
      problems: suspects.map(file => ({ file, line: 1, column: 1, what: 'the trial', expected, found })),
      passed: [],
      files,
    }
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
    await ended
  }
}
