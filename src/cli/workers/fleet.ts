import type { Report } from '../../metrics/report.ts'
import type { Failure } from '../running.ts'
import { ConnectionBook } from './connection-book.ts'
import { Place } from './place.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { type Assignment, type Surroundings, WorkerProcess } from './worker-process.ts'

interface FleetOptions extends Omit<Surroundings, 'timings'> {
  /** Hears what a worker has counted that is about to end. */
  readonly onReport?: (pid: number | undefined, report: Report) => void
  readonly timings?: Partial<Timings>
}

/** What one worker has answered; or why there is no answer. */
export type Answer<T> = { readonly worker: number; readonly pid: number | undefined } & (
  | { readonly value: T }
  | { readonly error: string }
)

/**
 * The workers. Each has a place, which is filled again when its worker dies, after a pause that grows when that happens again
 * and again. A worker with a former assignment leaves when one with the present assignment is ready in its place.
 */
export class Fleet {
  readonly #options: FleetOptions
  readonly #timings: Timings
  readonly #book = new ConnectionBook()
  /** Those that come and go too. */
  readonly #workers = new Set<WorkerProcess>()
  #places: Place[] = []
  #assignment: Assignment | undefined
  #isStopping = false

  constructor(options: FleetOptions) {
    this.#options = options
    this.#timings = { ...defaultTimings, ...options.timings }
  }

  /** How many are at work, and how many have been replaced because they died. */
  get counts(): { readonly alive: number; readonly restarts: number } {
    const alive = this.#places.filter(({ worker }) => worker).length
    return { alive, restarts: this.#places.reduce((sum, { restarts }) => sum + restarts, 0) }
  }

  /** Those that have not ended, those that are leaving included. */
  get pids(): (number | undefined)[] {
    return [...this.#workers].map(({ pid }) => pid)
  }

  /** Starts all of them, or none. */
  async start(assignment: Assignment, count: number): Promise<Failure | undefined> {
    this.#assignment = assignment
    this.#addPlaces(count)
    const failures = await Promise.all(this.#places.map(place => place.fill(assignment)))
    const failure = failures.find(each => each !== undefined)
    if (failure) await this.kill()
    return failure
  }

  /**
   * Gives all places to new workers, one after the other; the former ones finish what they are doing. When the first new
   * one cannot start, nothing changes.
   */
  async roll(assignment: Assignment, count: number): Promise<Failure | undefined> {
    const failure = await this.#places[0]?.fill(assignment)
    if (failure) return failure
    this.#assignment = assignment
    for (const place of this.#places.splice(count)) place.empty()
    this.#addPlaces(count)
    await this.#fillAll()
    return undefined
  }

  /** Takes note that all workers have taken over a new assignment; those that have not are replaced. */
  async adopt(assignment: Assignment, byWorkers: ReadonlySet<number | undefined>): Promise<void> {
    this.#assignment = assignment
    for (const { worker } of this.#places) if (worker && byWorkers.has(worker.pid)) worker.assignment = assignment
    await this.#fillAll()
  }

  /** Asks every worker that is at work, and waits for each answer up to the deadline. The answer is JSON. */
  ask<T>(topic: string, body: unknown, deadlineMs: number): Promise<Answer<T>[]> {
    const workers = this.#places.flatMap(({ worker }) => worker ?? [])
    return Promise.all(
      workers.map(async ({ number, pid, channel }) => {
        try {
          return { worker: number, pid, value: await channel.ask<T>(topic, body, deadlineMs) }
        } catch (error) {
          return { worker: number, pid, error: error instanceof Error ? error.message : String(error) }
        }
      }),
    )
  }

  /** Tells every worker, those that are leaving included. */
  tell(topic: string, body: unknown): void {
    for (const { channel } of this.#workers) channel.tell(topic, body)
  }

  /** Lets all finish what they are doing, and resolves when none is left. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true
    for (const place of this.#places) place.empty()
    await Promise.all([...this.#workers].map(worker => worker.stop(drainMs)))
  }

  /** Ends all now. */
  async kill(): Promise<void> {
    this.#isStopping = true
    for (const place of this.#places) place.empty()
    for (const worker of this.#workers) worker.kill()
    await Promise.all([...this.#workers].map(({ ended }) => ended))
  }

  async #fillAll(): Promise<void> {
    for (const place of this.#places) await place.fillOrRetry()
  }

  #addPlaces(count: number): void {
    while (this.#places.length < count) {
      const number = this.#places.length + 1
      const { log } = this.#options
      this.#places.push(
        new Place({ number, log, timings: this.#timings, fork: () => this.#fork(number), assignment: () => this.#assignment }),
      )
    }
  }

  #fork(number: number): WorkerProcess {
    const worker = new WorkerProcess(number, { ...this.#options, timings: this.#timings })
    const { channel } = worker
    this.#workers.add(worker)
    channel.on('connections', changes => this.#book.note(worker, changes))
    channel.on('lastReport', (report: Report) => {
      // What comes when it has been counted among the former ones would count twice.
      if (this.#workers.has(worker)) this.#options.onReport?.(worker.pid, report)
    })
    channel.on('ready', () => {
      this.#book.enter(worker, changes => channel.tell('connections', changes))
      channel.tell('share')
    })
    void worker.ended.then(() => {
      this.#workers.delete(worker)
      this.#book.leave(worker)
    })
    if (this.#isStopping) worker.kill()
    return worker
  }
}
