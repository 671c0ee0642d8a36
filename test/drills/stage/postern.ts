import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { until } from '../../peers/support/wait.ts'

/** Starting takes a second less with what was compiled before. */
const compiled = join(import.meta.dirname, '../../../node_modules/.cache/compile')
const main = join(import.meta.dirname, '../../../src/cli/main.ts')

export interface PosternOptions {
  /** Programs that run it: `['prlimit', '--nofile=64']`. */
  readonly under?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where its standard output goes; we read it unless told. */
  readonly stdout?: number
}

type LogLine = Readonly<Record<string, unknown>>

/** `postern run` as a process of its own. */
export class Postern {
  readonly log: LogLine[] = []
  errors = ''
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>

  constructor(configuration: string, { under = [], env = {}, stdout }: PosternOptions) {
    const [program = process.execPath, ...rest] = [...under, process.execPath, main, 'run', '-c', configuration]
    const stdio = ['ignore', stdout ?? 'pipe', 'pipe'] as const
    this.#child = spawn(program, rest, { stdio: [...stdio], env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...env } })
    this.#exit = once(this.#child, 'exit').then(([code]) => code)
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', line => this.hear(line))
    this.#child.stderr?.on('data', chunk => {
      this.errors += chunk
    })
  }

  get pid(): number {
    return Number(this.#child.pid)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get stdout(): Readable | null {
    return this.#child.stdout
  }

  hear(line: string): void {
    this.log.push(JSON.parse(line))
  }

  /** The first line of the log, from now on or before, of which this holds. */
  async logged(what: string, holds: (line: LogLine) => boolean, patienceMs = 15_000): Promise<LogLine> {
    return until(
      what,
      () => {
        const line = this.log.find(holds)
        if (!line && this.hasEnded) throw new Error(`Postern has ended before it logged ${what}: ${this.errors}`)
        return line
      },
      patienceMs,
    )
  }

  /** The same by its text. */
  said(text: string, patienceMs?: number): Promise<LogLine> {
    return this.logged(`"${text}"`, ({ msg }) => String(msg).includes(text), patienceMs)
  }

  /** The port of its first listener, once it listens. */
  async port(): Promise<number> {
    return Number((await this.said('listening for mail')).port)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** How it ended: its exit code, null when a signal killed it. Rejects when it does not end in time. */
  async ended(patienceMs = 10_000): Promise<number | null> {
    const { promise, reject } = Promise.withResolvers<never>()
    const late = setTimeout(() => reject(new Error(`Postern has not ended within ${patienceMs} ms`)), patienceMs)
    return Promise.race([this.#exit, promise]).finally(() => clearTimeout(late))
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}
