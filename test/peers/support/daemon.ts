import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs until it is stopped. */
export interface Daemon {
  /** All that it has said, for when it does not do what it should. */
  readonly output: () => string
  stop(): Promise<void>
}

export function startDaemon(program: string, args: readonly string[]): Daemon {
  // Nobody reads its output to the end, so only the last of it is kept.
  let output = ''
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      output = (output + chunk).slice(-20_000)
    })
  }
  child.on('error', error => {
    output += String(error)
  })
  return {
    output: () => output,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
