import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Trace } from '../../src/engine/trace.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const patienceMs = 10_000

/** `postern run` as a process of its own, whose log we read as an administrator would. */
export class GatewayProcess {
  readonly #process: ChildProcess
  readonly #events = new EventEmitter()

  constructor(configuration: string) {
    // A process with a pipe for its output has one.
    const child = spawn(process.execPath, [main, 'run', '-c', configuration], { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout as Readable }).on('line', line => this.#read(line))
    this.#process = child
  }

  /** Waits until it takes connections. */
  async started(): Promise<void> {
    const ended = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`The gateway has ended with exit code ${code} before it was ready`)
    })
    await Promise.race([once(this.#events, 'listening', { signal: AbortSignal.timeout(patienceMs) }), ended])
  }

  /** The account of the next transaction. Ask before it begins. */
  async nextTrace(): Promise<Trace> {
    const [trace] = await once(this.#events, 'transaction', { signal: AbortSignal.timeout(patienceMs) })
    return trace
  }

  /** Asks it to finish what it is doing, and waits until it has. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGTERM')
    await once(this.#process, 'exit', { signal: AbortSignal.timeout(patienceMs) })
  }

  #read(line: string): void {
    const entry: { readonly msg?: string; readonly sender?: unknown } = JSON.parse(line)
    if (entry.msg === 'transaction' && entry.sender !== undefined) this.#events.emit('transaction', entry)
    if (entry.msg === 'listening') this.#events.emit('listening')
  }
}
