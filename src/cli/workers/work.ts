import type { Command } from 'commander'
import type { ConfigurationSource } from '../../config/find.ts'
import { fingerprint } from '../../config/fingerprint.ts'
import { loadConfiguration } from '../../config/load.ts'
import type { Problem } from '../../config/problem.ts'
import { type Log, openLog } from '../../report/log.ts'
import type { Changes } from '../../smtp/connection-limits.ts'
import { exitCodes } from '../exit-codes.ts'
import { drainMs, type Prepared, Service } from '../service.ts'
import { Channel } from './channel.ts'
import { aliveMs } from './timings.ts'
import type { Readiness, Start } from './worker-process.ts'

/** `postern worker`: one of the processes that `postern run` starts, of use to nobody else. */
export function addWorker(program: Command): void {
  program.command('worker', { hidden: true }).action(() => {
    if (process.connected) new Worker(new Channel(process)).begin()
    else {
      process.stderr.write('postern worker is started by postern run\n')
      process.exitCode = exitCodes.usage
    }
  })
}

/** Serves mail as its primary says, by messages. */
class Worker {
  readonly #channel: Channel
  readonly #sockets: object[] = []
  #log: Log | undefined
  #service: Service | undefined
  #prepared: Prepared | undefined
  #isStopping = false

  constructor(channel: Channel) {
    this.#channel = channel
  }

  begin(): void {
    const channel = this.#channel
    // From the first moment on: who has never been heard is not missed when it falls silent.
    channel.tell('alive')
    setInterval(() => channel.tell('alive'), aliveMs).unref()
    channel.on('socket', (index: number, socket: unknown) => void Object.assign(this.#sockets, { [index]: socket }))
    channel.on('start', (start: Start) => this.#start(start))
    channel.on('prepare', (source: ConfigurationSource) => this.#prepare(source))
    channel.on('commit', () => this.#takePrepared()?.takeEffect())
    channel.on('abandon', () => this.#takePrepared()?.discard())
    channel.on('ticketKeys', (keys: string) => this.#service?.server?.useTicketKeys(Buffer.from(keys, 'base64')))
    channel.on('metrics', () => this.#service?.report())
    channel.on('retire', (timeoutMs: number) => void this.#retire(timeoutMs))
    channel.on('stop', (timeoutMs: number) => void this.#stop(timeoutMs))
    // Without its primary it would be in the way of the next one.
    process.on('disconnect', () => void this.#stop(drainMs))
    process.on('SIGTERM', () => void this.#stop(drainMs))
    // These go to all processes of a terminal; the primary says what they mean.
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {})
  }

  async #start({ number, source, isPretty, ticketKeys }: Start): Promise<{ problems?: readonly Problem[] }> {
    const configuration = await loadConfiguration(source)
    if ('problems' in configuration) return configuration
    const log = openLog({ pretty: isPretty, always: { worker: number, pid: process.pid } })
    const edge = { sockets: this.#sockets, ticketKeys: Buffer.from(ticketKeys, 'base64') }
    const service = await Service.start(configuration.value, log, edge)
    if ('problems' in service) return service
    this.#log = log
    this.#service = service.value
    const admissions = service.value.server?.admissions
    this.#channel.on('connections', (changes: Changes) => admissions?.hear(changes, Date.now()))
    this.#channel.on('share', () => admissions?.share(changes => this.#channel.tell('connections', changes)))
    this.#channel.tell('ready')
    return {}
  }

  async #prepare(source: ConfigurationSource): Promise<Readiness> {
    const configuration = await loadConfiguration(source)
    const prepared = 'problems' in configuration ? configuration : await this.#service?.prepare(configuration.value)
    if (!prepared) throw new Error('this worker is not at work yet')
    if ('problems' in prepared) return prepared
    this.#prepared = prepared.value
    return 'value' in configuration ? { fingerprint: await fingerprint(configuration.value) } : {}
  }

  /** What has been prepared, once: when it is in force, it is not to be abandoned any more. */
  #takePrepared(): Prepared | undefined {
    const prepared = this.#prepared
    this.#prepared = undefined
    return prepared
  }

  async #retire(timeoutMs: number): Promise<void> {
    await this.#service?.server?.retire(timeoutMs)
    await this.#stop(drainMs)
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await this.#service?.stop(timeoutMs)
    // What it has counted since it was last asked must not be missing from the sum.
    if (process.connected) this.#channel.tell('lastReport', await this.#service?.report())
    await this.#log?.close()
    // An orderly exit waits for our threads; for an orphan nobody would end that wait.
    if (!process.connected) process.kill(process.pid, 'SIGKILL')
    process.exit(exitCodes.ok)
  }
}
