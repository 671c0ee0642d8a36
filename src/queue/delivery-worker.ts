import { randomUUID } from 'node:crypto'
import { Deliveries, type DeliveryNeeds } from './delivery.ts'
import type { Job } from './record.ts'
import type { LeaseRequest } from './store.ts'

const times = {
  /** How often it is looked for what is due, and for what other processes and people have changed. */
  lookMs: 1000,
  /** The same for what has waited too long. */
  overdueMs: 15_000,
  leaseMs: 120_000,
  renewMs: 30_000,
} as const

/** So many that have waited too long are taken up at a time. */
const mostOverdue = 50
const mostResting = 10_000

/**
 * The one in a process that brings the queue on its way. It borrows what is due, for as long as the lease lasts, and never
 * touches anything else: so many of them, in many processes, serve one queue.
 */
export class DeliveryWorker {
  readonly #needs: DeliveryNeeds
  readonly #deliveries: Deliveries
  /** What is under way, and until when it is ours for sure. */
  readonly #running = new Map<Promise<void>, { until: number }>()
  /** Domains that are left alone, and until when, by the clock that never jumps. */
  readonly #resting = new Map<string, number>()
  #timers: NodeJS.Timeout[] = []
  #round: Promise<void> | undefined
  #isWoken = false
  #isStopping = false

  constructor(needs: Omit<DeliveryNeeds, 'owner'>) {
    this.#needs = { ...needs, owner: `${process.pid}-${randomUUID()}` }
    this.#deliveries = new Deliveries(this.#needs)
  }

  start(): void {
    const every = (ms: number, work: () => void) => this.#timers.push(setInterval(work, ms).unref())
    every(times.lookMs, () => this.wake())
    every(times.overdueMs, () => void this.overdue())
    every(times.renewMs, () => void this.#renew())
    this.wake()
  }

  /** Something may be due, for a domain that need not rest any longer. */
  wake(domain?: string): void {
    if (domain !== undefined) this.#resting.delete(domain)
    this.#isWoken = true
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined
    })
  }

  /** Takes up what has waited too long. */
  async overdue(): Promise<void> {
    if (this.#isStopping) return
    const { store } = this.#needs
    try {
      const all = await store.claimOverdue({ ...this.#lease, most: mostOverdue })
      await Promise.all(all.map(overdue => this.#deliveries.overdue(overdue)))
    } catch {
      this.#needs.counters.errors++
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#round || this.#running.size > 0) await Promise.all([this.#round, ...this.#running.keys()])
  }

  /** Begins nothing more, and waits for what is under way, as long as that may take. The rest, others get when its lease is over. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true
    const [look, overdue] = this.#timers
    for (const timer of [look, overdue]) clearInterval(timer)
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, timeoutMs)
    await Promise.race([this.idle(), late.promise])
    clearTimeout(timer)
    for (const each of this.#timers) clearInterval(each)
  }

  async #rounds(): Promise<void> {
    while (this.#isWoken && !this.#isStopping) {
      this.#isWoken = false
      await this.#claim()
    }
  }

  async #claim(): Promise<void> {
    const { store, windows, counters } = this.#needs
    const { room } = windows
    if (room <= 0) return
    try {
      const until = performance.now() + times.leaseMs
      const jobs = await store.claim({ ...this.#lease, most: room, ...windows.rooms })
      for (const job of jobs) this.#begin(job, until)
    } catch {
      counters.errors++
    }
  }

  #begin(job: Job, until: number): void {
    const { domain } = job
    const lease = { until }
    const surroundings = {
      isOurs: () => performance.now() < lease.until,
      restMs: () => Math.max(0, (this.#resting.get(domain) ?? 0) - performance.now()),
      noteRest: (ms: number) => this.#rest(domain, ms),
    }
    if (job.isProbe) this.#resting.delete(domain)
    const running = this.#deliveries
      .deliver(job, surroundings)
      .catch(() => void this.#needs.counters.errors++)
      .finally(() => {
        this.#running.delete(running)
        this.wake()
      })
    this.#running.set(running, lease)
  }

  get #lease(): Omit<LeaseRequest, 'most'> {
    return { owner: this.#needs.owner, leaseMs: times.leaseMs }
  }

  #rest(domain: string, ms: number): void {
    // The store knows them all; this only spares it the question.
    if (this.#resting.size >= mostResting) this.#resting.clear()
    this.#resting.set(domain, performance.now() + ms)
  }

  async #renew(): Promise<void> {
    if (this.#running.size === 0) return
    const begun = performance.now()
    try {
      await this.#needs.store.renew(this.#lease)
      // What was not renewed in time may be lent to somebody else by now: it is not delivered by us.
      for (const lease of this.#running.values()) if (lease.until > begun) lease.until = begun + times.leaseMs
    } catch {
      this.#needs.counters.errors++
    }
  }
}
