import type { SharedLog } from '../../report/log.ts'
import { tellBroken } from '../reload-news.ts'
import type { Failure } from '../running.ts'
import type { Timings } from './timings.ts'
import type { Assignment, WorkerProcess } from './worker-process.ts'

interface PlaceNeeds {
  readonly number: number
  readonly log: SharedLog
  readonly timings: Timings
  readonly fork: () => WorkerProcess
  /** What is in force at this moment. */
  readonly assignment: () => Assignment | undefined
}

/** From this death on, within a short time, it is said that something is badly wrong. */
const manyDeaths = 5

/** Where one worker is at work, and another after it. */
export class Place {
  readonly #needs: PlaceNeeds
  /** When workers have died here of late. */
  #deaths: number[] = []
  #worker: WorkerProcess | undefined
  #timer: NodeJS.Timeout | undefined
  /** One change at a time. */
  #busy: Promise<unknown> = Promise.resolve()
  #isEmptied = false
  /** How many workers have died here. */
  restarts = 0

  constructor(needs: PlaceNeeds) {
    this.#needs = needs
  }

  get worker(): WorkerProcess | undefined {
    return this.#worker
  }

  /** Lets a new worker in; when it is ready, the former one leaves. Unless one with this assignment is here. */
  fill(assignment: Assignment): Promise<Failure | undefined> {
    const filled = this.#busy.then(() => this.#fill(assignment))
    this.#busy = filled.catch(() => {})
    return filled
  }

  /** The same with the assignment in force; what fails is tried again later. */
  async fillOrRetry(): Promise<void> {
    const assignment = this.#needs.assignment()
    if (!assignment) return
    const failure = await this.fill(assignment)
    if (!failure || this.#isEmptied) return
    if ('problems' in failure) tellBroken(this.#needs.log, failure.problems)
    this.#retry(
      'a worker does not start, and is tried again',
      'problems' in failure ? 'its configuration is broken' : failure.reason,
    )
  }

  /** Nobody comes after the one that is here, and that one leaves. */
  empty(): void {
    this.#isEmptied = true
    clearTimeout(this.#timer)
    void this.#worker?.retire()
    this.#worker = undefined
  }

  async #fill(assignment: Assignment): Promise<Failure | undefined> {
    if (this.#isEmptied || this.#worker?.assignment === assignment) return undefined
    clearTimeout(this.#timer)
    const worker = this.#needs.fork()
    const failure = await worker.start(assignment)
    if (failure) return failure
    const former = this.#worker
    this.#worker = worker
    void worker.ended.then(how => this.#bury(worker, how))
    void former?.retire()
    if (this.#isEmptied) this.empty()
    return undefined
  }

  #bury(worker: WorkerProcess, how: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.restarts++
    this.#retry('a worker is gone, another takes its place', how)
  }

  #retry(what: string, why: string): void {
    const { number, log, timings } = this.#needs
    const now = performance.now()
    this.#deaths = [...this.#deaths.filter(at => now - at < timings.againMs), now]
    const deaths = this.#deaths.length
    const isBad = deaths >= manyDeaths
    const againInMs = isBad ? timings.slowMs : timings.restartMs * 2 ** (deaths - 1)
    log.error({ worker: number, why, againInMs }, what)
    if (isBad) log.error({ worker: number, deaths, withinMs: timings.againMs }, 'this worker dies again and again')
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.fillOrRetry(), againInMs)
  }
}
