import type { Trace } from '../engine/trace.ts'
import { type DnsCounters, dns, writeDns } from './dns.ts'
import { type EdgeCounts, edge, type StressCounts, writeStress } from './edge.ts'
import type { Family } from './family.ts'
import { type Hop, hops, writeHops } from './hops.ts'
import { Judged, judging } from './judged.ts'
import { Outgoing, outgoing } from './outgoing.ts'
import { Page } from './page.ts'
import { type Build, Reloads, Runtime, running } from './process.ts'
import { type CountedQueue, queue, writeQueue } from './queue.ts'
import type { Report } from './report.ts'
import { type DataFolder, type JournalCounts, type StoreCounts, storage, writeJournal, writeStore } from './storage.ts'
import { Timed, timed } from './timed.ts'

/** All that we count ourselves, in the order of the reference. */
export const groups = {
  Clients: edge,
  Judging: judging,
  Durations: timed,
  'Next hops': hops,
  Queue: queue,
  'The way out': outgoing,
  DNS: dns,
  'Store, journal and quarantine': storage,
  Postern: running,
} as const

const families: readonly Family[] = Object.values(groups).flatMap(group => Object.values(group))

/** What the gateway in force is made of, as far as it is looked at when somebody asks. */
export interface Watched {
  /** The names of its rules, and of what they need to know. */
  readonly rules: readonly string[]
  readonly facts: readonly string[]
  /** The zones of the lists that it asks, without keys. */
  readonly lists: readonly string[]
  readonly dns: DnsCounters
  readonly isDegraded: () => boolean
  readonly hops: () => readonly Hop[]
}

/** What the process is made of, whichever configuration is in force. */
interface Fixtures {
  /** One for each listener. */
  readonly edge: () => readonly EdgeCounts[]
  readonly stress: () => StressCounts
  readonly store: () => StoreCounts
  /** Nothing when there is none. */
  readonly journal: () => JournalCounts | undefined
  /** When there is one. */
  readonly queue?: () => CountedQueue | undefined
  readonly folder: Pick<DataFolder, 'writeTo'>
}

/** The processes that take mail, for the one that starts them. */
interface Workers {
  readonly alive: number
  readonly restarts: number
}

/** What one process has counted. It outlives reloads: what only grows goes on growing. */
export class Metrics {
  readonly reloads: Reloads
  readonly meter = new Timed()
  readonly outgoing = new Outgoing()
  readonly #judged = new Judged()
  readonly #runtime = new Runtime()
  /** By zone, whether the list is asked. */
  readonly #usable = new Map<string, boolean>()
  #watched: Watched | undefined
  #fixtures: Fixtures | undefined
  #isStopping = false
  /** Set by the process that starts others. */
  workers: (() => Workers) | undefined

  constructor(build: Build) {
    this.reloads = new Reloads(build)
  }

  /** Counts a transaction that is over, or a session without one. */
  count(trace: Trace): void {
    this.#judged.count(trace, this.reloads.build.mode)
  }

  /** Another gateway is in force. */
  watch(watched: Watched): void {
    this.#watched = watched
    this.#judged.expect(watched.rules)
    this.meter.expect(watched.facts)
    this.#usable.clear()
    for (const zone of watched.lists) this.#usable.set(zone, true)
  }

  /** Mail is being taken. */
  start(fixtures: Fixtures): void {
    this.#fixtures = fixtures
  }

  /** No more mail is taken. */
  stop(): void {
    this.#isStopping = true
  }

  noteList(zone: string, isUsable: boolean): void {
    this.#usable.set(zone, isUsable)
  }

  /** All of it at this moment, as plain data: another process may put several together. */
  async report(): Promise<Report> {
    const page = new Page()
    this.#judged.writeTo(page)
    this.meter.writeTo(page)
    this.outgoing.writeTo(page)
    this.reloads.writeTo(page)
    this.#writeWatched(page)
    await this.#writeFixtures(page)
    const unready = this.#unready()
    if (unready) page.set(running.ready, unready.length === 0 ? 1 : 0)
    return { metrics: [...page.json(families), ...(await this.#runtime.json())], ...(unready && { unready }) }
  }

  #writeWatched(page: Page): void {
    if (!this.#watched) return
    const { isDegraded, hops } = this.#watched
    writeDns(page, this.#watched.dns)
    page.set(dns.degraded, isDegraded() ? 1 : 0)
    for (const [zone, isUsable] of this.#usable) page.set(dns.usable, isUsable ? 1 : 0, zone)
    writeHops(page, hops(), name => this.meter.isDown(name))
  }

  async #writeFixtures(page: Page): Promise<void> {
    const workers = this.workers?.() ?? (this.#fixtures && { alive: 1, restarts: 0 })
    if (workers) page.set(running.workers, workers.alive)
    if (workers) page.set(running.restarts, workers.restarts)
    if (!this.#fixtures) return
    const { edge: listeners, stress, store, journal, folder, queue: counted } = this.#fixtures
    const counts = listeners()
    for (const listener of counts) listener.writeTo(page)
    writeStress(page, stress())
    page.set(edge.spoolBytes, sum(counts, 'spoolBytes'))
    page.set(edge.spoolFiles, sum(counts, 'spoolFiles'))
    writeStore(page, store())
    writeJournal(page, journal())
    await folder.writeTo(page)
    const queue = counted?.()
    if (queue) await writeQueue(page, queue)
  }

  /** Why mail should rather go elsewhere; nothing in a process that takes none. */
  #unready(): string[] | undefined {
    if (this.#isStopping) return ['we are stopping']
    if (!this.#watched) return undefined
    if (!this.#fixtures) return ['we are not listening yet']
    const names = this.#watched.hops().map(({ name }) => name)
    const isLost = names.length > 0 && names.every(name => this.meter.hasJustFailed(name))
    return isLost ? ['no next hop can be reached'] : []
  }
}

function sum(counts: readonly EdgeCounts[], what: 'spoolBytes' | 'spoolFiles'): number {
  return counts.reduce((total, each) => total + each[what], 0)
}
