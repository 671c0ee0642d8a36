import { openJournal, openStore, quarantineFolder } from '../config/data-folder.ts'
import type { BuiltGateway } from '../config/gateway.ts'
import type { Configuration } from '../config/load.ts'
import { openQueueIfNeeded, type Queue } from '../config/open-queue.ts'
import type { Checked } from '../config/problem.ts'
import type { JournalWriter } from '../journal/journal-writer.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { Report } from '../metrics/report.ts'
import { DataFolder } from '../metrics/storage.ts'
import type { Log } from '../report/log.ts'
import type { SmtpServer } from '../smtp/smtp-server.ts'
import { type DnsCounters, newDnsCounters } from '../world/dns-counters.ts'
import type { FileStore } from '../world/sqlite-store.ts'
import { buildOf } from './build.ts'
import { buildTested } from './build-tested.ts'
import { type Edge, listen } from './listen.ts'
import { needsRestart } from './needs-restart.ts'
import { tellBroken, tellInForce } from './reload-news.ts'

/** How long messages that are coming in may take to be finished once we are told to stop. */
export const drainMs = 30_000

interface Parts {
  readonly log: Log
  readonly store: FileStore
  readonly metrics: Metrics
  readonly journal: JournalWriter | undefined
  readonly dnsCounters: DnsCounters
  readonly queue: Queue | undefined
  readonly built: BuiltGateway
}

/** A new configuration that has been built, and is not in force yet. */
export interface Prepared {
  takeEffect(): Promise<void>
  discard(): void
}

/** The running gateway: its edge, its store, and what mail is judged by at present. */
export class Service {
  readonly #log: Log
  readonly #store: FileStore
  readonly #metrics: Metrics
  readonly #journal: JournalWriter | undefined
  readonly #dnsCounters: DnsCounters
  /** What the edge and the store were opened with: a reload does not touch them. */
  readonly #started: Configuration
  /** Gateways of former configurations, whose sessions may still run. */
  readonly #retired = new Map<BuiltGateway, NodeJS.Timeout>()
  #queue: Queue | undefined
  #current: BuiltGateway
  #server: SmtpServer | undefined

  private constructor(started: Configuration, { log, store, metrics, journal, dnsCounters, queue, built }: Parts) {
    this.#started = started
    this.#log = log
    this.#store = store
    this.#metrics = metrics
    this.#journal = journal
    this.#dnsCounters = dnsCounters
    this.#queue = queue
    this.#current = built
    queue?.follow(built)
  }

  /** Starts everything, or nothing. */
  static async start(configuration: Configuration, log: Log, edge: Edge = {}): Promise<Checked<Service>> {
    const store = openStore(configuration, log)
    if ('problems' in store) return store
    const metrics = new Metrics(await buildOf(configuration))
    const queue = await openQueueIfNeeded(configuration, { log, store: store.value })
    if ('problems' in queue) {
      store.value.close()
      return queue
    }
    const journal = openJournal(configuration, log)
    const parts = { store: store.value, metrics, journal, dnsCounters: newDnsCounters(), log, queue: queue.value }
    const built = await buildTested(configuration, parts)
    if ('problems' in built) {
      await queue.value?.stop(0)
      store.value.close()
      await journal?.close()
      return built
    }
    const service = new Service(configuration, { ...parts, built: built.value })
    const opened = await service.#open(edge)
    return 'problems' in opened ? opened : { value: service }
  }

  /** Where it listens, as it turned out. */
  get addresses(): SmtpServer['addresses'] {
    return this.#server?.addresses ?? []
  }

  get server(): SmtpServer | undefined {
    return this.#server
  }

  /** Judges new sessions by a new configuration; those that run keep theirs. A broken one changes nothing. */
  async reload(configuration: Checked<Configuration>): Promise<void> {
    if ('problems' in configuration) {
      this.#metrics.reloads.noteFailure()
      return tellBroken(this.#log, configuration.problems)
    }
    const prepared = await this.prepare(configuration.value)
    if ('problems' in prepared) return tellBroken(this.#log, prepared.problems)
    await prepared.value.takeEffect()
    tellInForce(this.#log, needsRestart(this.#started, configuration.value))
  }

  /** Builds what a reload puts in force, without any effect yet. */
  async prepare(configuration: Configuration): Promise<Checked<Prepared>> {
    // Half of a new name, or of a new place, would be worse than the old one.
    const { hostname, data } = this.#started
    const built = await this.#build({ ...configuration, hostname, data })
    if ('problems' in built) {
      this.#metrics.reloads.noteFailure()
      return built
    }
    const takeEffect = async () => {
      const former = this.#current
      this.#current = built.value
      this.#queue?.follow(built.value)
      this.#retire(former)
      await this.#server?.reloadCertificate()
      this.#metrics.reloads.noteSuccess(await buildOf(configuration))
    }
    return { value: { takeEffect, discard: () => built.value.close() } }
  }

  async #build(configuration: Configuration): Promise<Checked<BuiltGateway>> {
    const context = {
      store: this.#store,
      metrics: this.#metrics,
      journal: this.#journal,
      dnsCounters: this.#dnsCounters,
      log: this.#log,
    }
    const queue = this.#queue ? { value: this.#queue } : await openQueueIfNeeded(configuration, context)
    if ('problems' in queue) return queue
    this.#queue = queue.value
    return buildTested(configuration, { ...context, queue: queue.value })
  }

  /** What this process has counted. */
  report(): Promise<Report> {
    return this.#metrics.report()
  }

  /** Finishes what has begun, as far as the time allows, and lets go of everything. */
  async stop(timeoutMs: number): Promise<void> {
    this.#metrics.stop()
    await this.#server?.drain(timeoutMs)
    for (const [former, timer] of this.#retired) {
      clearTimeout(timer)
      former.close()
    }
    await this.#queue?.stop(timeoutMs)
    this.#current.close()
    this.#store.close()
    await this.#journal?.close()
  }

  async #open(edge: Edge): Promise<Checked<SmtpServer>> {
    const server = await listen(this.#started, {
      gateway: () => this.#current.gateway,
      users: () => this.#current.users,
      store: this.#store,
      log: this.#log,
      ...edge,
    })
    if ('problems' in server) await this.stop(0)
    else this.#serve(server.value)
    return server
  }

  #serve(server: SmtpServer): void {
    const { data } = this.#started
    this.#server = server
    this.#metrics.start({
      edge: () => server.seen,
      stress: () => server.counts,
      store: () => this.#store.counts,
      journal: () => this.#journal?.counts,
      queue: () => this.#queue,
      folder: new DataFolder({ data, quarantine: quarantineFolder(data) }),
    })
  }

  /** Closes a former gateway: at once when nobody is connected, else when even a long session must be over. */
  #retire(former: BuiltGateway): void {
    const { sessionMs, messageAnswerMs } = this.#started.limits
    const delayMs = this.#server?.counts.open ? sessionMs + messageAnswerMs : 0
    const close = () => {
      this.#retired.delete(former)
      former.close()
    }
    this.#retired.set(former, setTimeout(close, delayMs).unref())
  }
}
