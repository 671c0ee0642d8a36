import { fingerprint } from '../../config/fingerprint.ts'
import type { Configuration } from '../../config/load.ts'
import type { Checked, Problem } from '../../config/problem.ts'
import { workerCount } from '../../config/workers.ts'
import { Metrics } from '../../metrics/metrics.ts'
import type { Report } from '../../metrics/report.ts'
import { Reports } from '../../metrics/reports.ts'
import type { SharedLog } from '../../report/log.ts'
import { buildOf } from '../build.ts'
import { needsRestart } from '../needs-restart.ts'
import { tellBroken, tellInForce } from '../reload-news.ts'
import type { Failure, Listening, Running } from '../running.ts'
import type { Found } from '../startup.ts'
import { TicketKeys } from '../ticket-keys.ts'
import { Fleet } from './fleet.ts'
import { ListeningSockets } from './listening-sockets.ts'
import type { Assignment, Readiness } from './worker-process.ts'

/** How long workers may take to build a new configuration, and to put it in force. */
const prepareMs = 60_000
const commitMs = 10_000
/** How long they may take to say what they have counted. */
const metricsMs = 4000

interface PrimaryOptions {
  readonly log: SharedLog
  /** Whether workers log for a terminal. */
  readonly isPretty: boolean
}

/** The process that starts the workers and sees to it that they are there. It touches no mail. */
export class Primary implements Running {
  readonly #log: SharedLog
  readonly #sockets: ListeningSockets
  readonly #fleet: Fleet
  readonly #ticketKeys: TicketKeys
  readonly #metrics: Metrics
  readonly #reports = new Reports()
  /** What the metrics are served by, to the end. */
  readonly #metricsSettings: Configuration['metrics']
  #inForce: Found

  private constructor(found: Found, sockets: ListeningSockets, metrics: Metrics, { log, isPretty }: PrimaryOptions) {
    this.#metrics = metrics
    this.#inForce = found
    this.#metricsSettings = found.configuration.metrics
    this.#log = log
    this.#sockets = sockets
    this.#ticketKeys = new TicketKeys(keys => this.#fleet.tell('ticketKeys', keys.toString('base64')))
    this.#fleet = new Fleet({
      log,
      isPretty,
      ticketKeys: () => this.#ticketKeys.current,
      onReport: (pid, report) => this.#reports.note(String(pid), report),
    })
    metrics.workers = () => this.#fleet.counts
  }

  /** Starts all workers, or none. */
  static async start(found: Found, options: PrimaryOptions): Promise<Primary | Failure> {
    const sockets = new ListeningSockets()
    const opened = await sockets.open(found.configuration)
    if ('problems' in opened) return opened
    const primary = new Primary(found, sockets, new Metrics(await buildOf(found.configuration)), options)
    const failure = await primary.#fleet.start(primary.#assignment(found), workerCount(found.configuration))
    if (failure) await primary.kill()
    return failure ?? primary
  }

  get addresses(): readonly Listening[] {
    return this.#sockets.of(this.#inForce.configuration).map(({ port, address, as }) => ({ address, port, as }))
  }

  async reports(): Promise<readonly Report[]> {
    const answers = await this.#fleet.ask<Report>('metrics', undefined, metricsMs)
    for (const answer of answers) if ('value' in answer) this.#reports.note(String(answer.pid), answer.value)
    await this.#reports.keep(this.#fleet.pids.map(String))
    return [await this.#metrics.report(), ...this.#reports.all]
  }

  /** All workers take the new configuration over, or none; what only a new process can take over, new workers do. */
  async reload(next: Checked<Found>): Promise<void> {
    if ('problems' in next) return this.#keepOld(next.problems)
    const parts = needsRestart(this.#inForce.configuration, next.value.configuration).filter(part => part !== 'metrics')
    if (parts.length === 0) return this.#handOver(next.value)
    this.#log.info({ parts }, 'new workers take over, because these parts have changed')
    await this.#replace(next.value)
  }

  /** New processes with what stands in all files now, one after the other; nobody is refused meanwhile. */
  async renew(next: Checked<Found>): Promise<void> {
    if ('problems' in next) return this.#keepOld(next.problems)
    this.#log.info({}, 'new workers take over')
    await this.#replace(next.value)
  }

  async stop(drainMs: number): Promise<void> {
    this.#metrics.stop()
    this.#ticketKeys.stop()
    await this.#fleet.stop(drainMs)
    this.#sockets.close()
  }

  async kill(): Promise<void> {
    this.#ticketKeys.stop()
    await this.#fleet.kill()
    this.#sockets.close()
  }

  async #handOver(found: Found): Promise<void> {
    const answers = await this.#fleet.ask<Readiness>('prepare', found.source, prepareMs)
    const problems = answers.flatMap(answer => ('value' in answer ? (answer.value.problems ?? []) : []))
    const trouble = answers.flatMap(answer => ('error' in answer ? answer : []))
    for (const { worker, error } of trouble) this.#log.error({ worker, error }, 'a worker cannot take the new configuration over')
    if (problems.length > 0 || trouble.length > 0) {
      this.#fleet.tell('abandon', undefined)
      return this.#keepOld(problems)
    }
    // A file that was saved while they read it has not been tried: the watch has seen it, and comes again.
    const same = await fingerprint(found.configuration)
    if (answers.some(answer => 'value' in answer && answer.value.fingerprint !== same)) {
      this.#log.info({}, 'a file has changed while it was read, and is read again')
      return this.#fleet.tell('abandon', undefined)
    }
    const committed = await this.#fleet.ask('commit', undefined, commitMs)
    this.#inForce = found
    await this.#tellInForce(found)
    const pids = committed.flatMap(answer => ('value' in answer ? [answer.pid] : []))
    await this.#fleet.adopt(this.#assignment(found), new Set(pids))
  }

  async #replace(found: Found): Promise<void> {
    const { configuration } = found
    const opened = await this.#sockets.open(configuration)
    const failure = 'problems' in opened ? opened : await this.#fleet.roll(this.#assignment(found), workerCount(configuration))
    if (!failure) this.#inForce = found
    this.#sockets.keep(this.#inForce.configuration)
    if (!failure) return this.#tellInForce(found)
    if ('reason' in failure) this.#log.error({ reason: failure.reason }, 'a new worker does not start')
    this.#keepOld('problems' in failure ? failure.problems : [])
  }

  #keepOld(problems: readonly Problem[]): void {
    this.#metrics.reloads.noteFailure()
    tellBroken(this.#log, problems)
  }

  async #tellInForce({ configuration }: Found): Promise<void> {
    this.#metrics.reloads.noteSuccess(await buildOf(configuration))
    tellInForce(this.#log, needsRestart({ ...configuration, metrics: this.#metricsSettings }, configuration))
  }

  #assignment({ source, configuration }: Found): Assignment {
    return { source, sockets: this.#sockets.of(configuration).map(({ socket }) => socket) }
  }
}
