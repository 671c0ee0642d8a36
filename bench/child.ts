import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Account, openAccount } from './account.ts'
import { has } from './native.ts'

/** A program to run, and with what. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A file that it sees as /etc/resolv.conf; only root can do that. */
  readonly resolver?: string
}

/** Which cores may run it, as taskset writes them; without it, all. */
export interface Manner {
  readonly cores: string | undefined
  /** The file that takes what it writes; `/dev/null` for nowhere. */
  readonly output: string
}

const startMs = 30_000
const endMs = 8_000
const running = new Set<Child>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A process of ours, with all that it starts: pinned, accounted for, and ended by number. */
export class Child {
  readonly account: Account
  readonly #process: ChildProcess

  private constructor(started: ChildProcess, account: Account) {
    this.#process = started
    this.account = account
    running.add(this)
  }

  static start(command: Command, { cores, output }: Manner): Child {
    const account = openAccount(() => Number(started.pid))
    const fd = openSync(output, 'a')
    const [file = '', ...args] = [...wrapping(account, command, cores), command.file, ...command.args]
    const started = spawn(file, args, {
      stdio: ['ignore', fd, fd],
      env: { ...process.env, ...command.env },
      ...(command.cwd !== undefined && { cwd: command.cwd }),
    })
    return new Child(started, account)
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  pids(): readonly number[] {
    return this.account.pids()
  }

  /** Waits until it takes connections on a port of the loopback. Throws when it ends before, or takes too long. */
  async listening(port: number, address = '127.0.0.1'): Promise<void> {
    for (const until = Date.now() + startMs; Date.now() < until; await wait(50)) {
      if (this.hasEnded) throw new Error('it has ended before it was ready')
      if (await isOpen(port, address)) return
    }
    throw new Error(`port ${port} has not opened in ${startMs / 1000} s`)
  }

  /** Lets all its threads run on these cores only. */
  pin(cores: string): void {
    if (!has('taskset')) return
    for (const pid of this.pids()) execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' })
  }

  kill(signal: NodeJS.Signals): void {
    for (const pid of signal === 'SIGKILL' ? this.pids() : [Number(this.#process.pid)]) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended already.
      }
    }
  }

  /** Asks it to end, then ends it. */
  async stop(): Promise<void> {
    this.kill('SIGTERM')
    for (const until = Date.now() + endMs; Date.now() < until && this.#isAlive(); ) await wait(20)
    this.kill('SIGKILL')
    if (!this.hasEnded) await once(this.#process, 'exit')
    // Its children take a moment to leave the group, which can be removed only when it is empty.
    for (let tries = 0; tries < 50 && this.#isAlive(); tries++) await wait(20)
    running.delete(this)
    this.account.close()
  }

  #isAlive(): boolean {
    return !this.hasEnded || (this.account.entrance !== undefined && this.pids().length > 0)
  }
}

/** What goes in front of a command to put it into its group, on its cores, and before its resolver. */
function wrapping({ entrance }: Account, { resolver }: Command, cores: string | undefined): string[] {
  const steps = [
    ...(entrance === undefined ? [] : [`echo $$ > ${entrance}`]),
    ...(resolver === undefined ? [] : [`mount --bind ${resolver} /etc/resolv.conf`]),
  ]
  return [
    ...(resolver === undefined ? [] : ['unshare', '-m', '--propagation', 'private']),
    ...(steps.length === 0 ? [] : ['sh', '-c', `${steps.join(' && ')} && exec "$@"`, 'sh']),
    ...(cores === undefined ? [] : ['taskset', '-c', cores]),
  ]
}

async function isOpen(port: number, host: string): Promise<boolean> {
  const socket = connect({ port, host })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(500) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
