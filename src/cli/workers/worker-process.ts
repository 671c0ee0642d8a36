import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ConfigurationSource } from '../../config/find.ts'
import type { Problem } from '../../config/problem.ts'
import type { SharedLog } from '../../report/log.ts'
import type { Failure } from '../running.ts'
import { drainMs } from '../service.ts'
import { Channel } from './channel.ts'
import type { ListeningSocket } from './listening-sockets.ts'
import { Pulse } from './pulse.ts'
import type { Timings } from './timings.ts'
import { relayLines } from './whole-lines.ts'

/** What workers are to do. Those with another assignment than the one in force are replaced. */
export interface Assignment {
  readonly source: ConfigurationSource
  /** In the order of `listen:`. */
  readonly sockets: readonly ListeningSocket[]
}

/** What a worker is told when it starts. */
export interface Start {
  readonly number: number
  readonly source: ConfigurationSource
  readonly isPretty: boolean
  readonly ticketKeys: string
}

/** Whether a worker can take a new configuration over, and which one it has read. */
export interface Readiness {
  readonly problems?: readonly Problem[]
  readonly fingerprint?: string
}

/** What all workers have in common. */
export interface Surroundings {
  readonly log: SharedLog
  /** Whether they log for a terminal. */
  readonly isPretty: boolean
  /** The key of session tickets at this moment. */
  readonly ticketKeys: () => Buffer
  readonly timings: Timings
}

/** In the form in which we run ourselves. */
const main = join(import.meta.dirname, `../main${extname(import.meta.filename)}`)

/** A worker as its primary sees it. */
export class WorkerProcess {
  readonly number: number
  readonly channel: Channel
  /** How it has ended, in words; when its last log lines have been read. */
  readonly ended: Promise<string>
  assignment: Assignment | undefined
  readonly #child: ChildProcess
  readonly #surroundings: Surroundings
  #ending = ''

  constructor(number: number, surroundings: Surroundings) {
    this.number = number
    this.#surroundings = surroundings
    this.#child = fork(main, ['worker'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    this.#child.on('error', error => surroundings.log.error({ ...this.#who, error: String(error) }, 'a worker is in trouble'))
    this.channel = new Channel(this.#child)
    relayLines(this.#child.stdout as Readable, lines => surroundings.log.relay(lines))
    const pulse = new Pulse(surroundings.timings, silentMs => this.kill(`it has given no sign of life for ${silentMs} ms`))
    this.channel.on('alive', () => pulse.beat())
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      pulse.stop()
      return this.#ending || (signal ? `killed by ${signal}` : `ended with exit code ${code}`)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when it is at work, or to why it is not; then it is no more. */
  async start(assignment: Assignment): Promise<Failure | undefined> {
    const { isPretty, ticketKeys, timings, log } = this.#surroundings
    this.assignment = assignment
    // Node's types do not know that a bare handle can be sent as well.
    assignment.sockets.forEach((socket, index) => {
      this.channel.tell('socket', index, socket as unknown as SendHandle)
    })
    const { source } = assignment
    const start: Start = { number: this.number, source, isPretty, ticketKeys: ticketKeys().toString('base64') }
    try {
      const { problems } = await this.channel.ask<{ problems?: readonly Problem[] }>('start', start, timings.startMs)
      if (problems === undefined) {
        log.info(this.#who, 'a worker is ready')
        return undefined
      }
      this.#child.kill('SIGKILL')
      return { problems }
    } catch (error) {
      this.kill(this.#child.connected ? `it could not start: ${error instanceof Error ? error.message : error}` : undefined)
      return { reason: `worker ${this.number} could not start: ${await this.ended}` }
    }
  }

  /** Lets it finish the messages that are coming in, and resolves when it is gone. */
  async stop(drainMs: number): Promise<void> {
    this.channel.tell('stop', drainMs)
    await this.#endsWithin(drainMs)
  }

  /** Lets it serve the sessions that it has, while others take the new ones, and resolves when it is gone. */
  async retire(): Promise<void> {
    const { retireMs } = this.#surroundings.timings
    this.channel.tell('retire', retireMs)
    await this.#endsWithin(retireMs + drainMs)
  }

  /** Ends it now. */
  kill(why?: string): void {
    if (why !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#ending = why
      this.#surroundings.log.error({ ...this.#who, why }, 'a worker is killed')
    }
    this.#child.kill('SIGKILL')
  }

  async #endsWithin(timeoutMs: number): Promise<void> {
    const late = setTimeout(() => this.kill('it has not ended in time'), timeoutMs + this.#surroundings.timings.graceMs)
    await this.ended
    clearTimeout(late)
  }

  get #who() {
    return { worker: this.number, pid: this.pid }
  }
}
