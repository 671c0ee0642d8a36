import { isAccepted, isTemporary, type Reply } from '../mail/reply.ts'
import { attempt, type Said } from './attempt.ts'
import type { QueueCounters } from './counters.ts'
import { newsOf } from './news.ts'
import { restsOf, resultOf } from './outcome.ts'
import type { Job, Result } from './record.ts'
import { mayReport, type ReportNeeds, reportOf } from './reporting.ts'
import { LeaseLost, type Overdue, type QueueStore } from './store.ts'
import type { FindWay, Keep, Way } from './way.ts'
import type { Windows } from './windows.ts'

export interface DeliveryNeeds extends ReportNeeds {
  readonly store: QueueStore
  readonly findWay: FindWay
  readonly keep: Keep
  readonly windows: Windows
  readonly counters: QueueCounters
  readonly random: () => number
  readonly owner: string
  /** Told of what has happened to a job. */
  readonly report: (event: DeliveryEvent) => void
}

/** What a job has come to, for the log. */
export interface DeliveryEvent {
  readonly id: string
  readonly where: string
  readonly recipients: readonly {
    readonly address: Job['recipients'][number]['address']
    readonly state: Result['state']
    readonly reply: Reply
  }[]
  readonly error?: unknown
}

/** How long a copy waits that could be neither reported nor kept: nothing of it may be lost. */
const againMs = 300_000

const expired: Reply = { code: 554, status: '5.4.7', text: 'The message could not be delivered in time' }

/** Delivers one job after another as it is told, and writes down what has become of it. */
export class Deliveries {
  readonly #needs: DeliveryNeeds

  constructor(needs: DeliveryNeeds) {
    this.#needs = needs
  }

  /** Brings a job on its way. `isOurs` tells whether it is still lent to us, `restMs` how long its domain is to be left alone. */
  async deliver(job: Job, { isOurs, restMs, noteRest }: Surroundings): Promise<void> {
    const way = await this.#way(job)
    if (!('transport' in way)) return this.#settle(job, { isOwn: false }, await this.#without(job, way, noteRest))
    const release = await this.#needs.windows.take(job.domain, way.provider)
    try {
      const rest = restMs()
      if (rest > 0 || !isOurs()) return await this.#putBack(job, rest)
      const said = await attempt(job, way, isOurs)
      await this.#settle(job, way, said, await this.#noteReach(job, way, said, noteRest))
    } finally {
      release()
    }
  }

  /** Takes up what has waited too long, or whose sender is to be told. */
  async overdue({ why, job }: Overdue): Promise<void> {
    if (why === 'expired') {
      const said = job.recipients.map(recipient => ({
        recipient,
        reply: recipient.reply ?? expired,
        scope: 'recipient' as const,
      }))
      const results = job.recipients.map(({ number }) => ({ number, state: 'given up' as const, reply: expired }))
      this.#needs.counters.expired += results.length
      return this.#write(job, '', said, results)
    }
    const said = job.recipients.map(recipient => ({ recipient, reply: recipient.reply ?? waits, scope: 'recipient' as const }))
    const results = job.recipients.map(({ number, restMs }) => ({ number, state: 'told' as const, delayMs: restMs }))
    return this.#write(job, '', said, results)
  }

  async #way(job: Job): Promise<Way | Reply> {
    try {
      return await this.#needs.findWay(job.domain, job.mail)
    } catch (error) {
      return { code: 451, status: '4.3.0', text: 'The way to this domain could not be found out', detail: String(error) }
    }
  }

  /** There is no way to the domain, for all of its mail. */
  async #without(job: Job, reply: Reply, noteRest: Surroundings['noteRest']): Promise<Said[]> {
    const said = job.recipients.map(recipient => ({ recipient, reply, scope: 'destination' as const }))
    if (said[0] && isTemporary(reply)) noteRest(await this.#avoid(job, { isOwn: false }, said[0]))
    return said
  }

  /** What the attempt says of the destination as a whole. How long it rests, if it does. */
  async #noteReach(job: Job, way: Way, said: readonly Said[], noteRest: Surroundings['noteRest']): Promise<number> {
    const { windows, store } = this.#needs
    const trouble = said.find(({ scope, reply }) => scope === 'destination' && !isAccepted(reply))
    if (trouble) {
      windows.failed(way.provider)
      const restMs = await this.#avoid(job, way, trouble)
      noteRest(restMs)
      return restMs
    }
    if (said.some(({ scope }) => scope === 'message')) windows.failed(way.provider)
    else windows.succeeded(way.provider)
    if (job.isProbe) await store.embrace(job.domain).catch(() => {}) // its rest is over by itself
    return 0
  }

  #avoid({ domain }: Job, way: Pick<Way, 'isOwn'>, said: Said): Promise<number> {
    const { settings, random, store } = this.#needs
    const restsMs = restsOf(said, way, settings, random)
    return store.avoid({ domain, restsMs, why: said.reply }).catch(() => restsMs[0] ?? 0)
  }

  #settle(
    job: Job,
    way: Pick<Way, 'isOwn' | 'isFinal'> & { transport?: Way['transport'] },
    said: readonly Said[],
    restMs = 0,
  ): Promise<void> {
    const { settings, random, counters } = this.#needs
    const results = said.map(each => {
      const result = resultOf(each, way, settings, random)
      return result.state === 'later' && each.scope === 'destination' && restMs > 0 ? { ...result, delayMs: restMs } : result
    })
    for (const { state } of results) {
      if (state === 'delivered') counters.delivered++
      else if (state === 'given up') counters.refused++
      else if (state === 'later') counters.deferred++
    }
    return this.#write(job, way.transport?.name ?? '', said, results, way.isFinal === true)
  }

  async #putBack(job: Job, delayMs: number): Promise<void> {
    const results = job.recipients.map(({ number }) => ({ number, state: 'back' as const, delayMs }))
    await this.#needs.store.settle({ owner: this.#needs.owner, id: job.mail.id, results })
  }

  /** Writes down the results, with the report that goes out because of them; what nobody can be told of is kept first. */
  async #write(job: Job, where: string, said: readonly Said[], planned: readonly Result[], isFinal = false): Promise<void> {
    const { store, owner, counters } = this.#needs
    try {
      const results = await this.#kept(job, said, planned)
      const report = await reportOf(job, newsOf(said, results, isFinal), this.#needs)
      await store.settle({ owner, id: job.mail.id, results, ...(report && { report }) })
      if (report) counters.reports++
      this.#tell(job, where, said, results)
    } catch (error) {
      // When the lease is over, somebody else delivers it, or has: as after a crash.
      if (!(error instanceof LeaseLost)) counters.errors++
      this.#tell(job, where, said, planned, error)
    }
  }

  /** What cannot be delivered and not be reported is put where a person finds it. */
  async #kept(job: Job, said: readonly Said[], results: readonly Result[]): Promise<readonly Result[]> {
    const { counters } = this.#needs
    const lost = said.filter((_, index) => results[index]?.state === 'given up' && !mayReport(job))
    if (lost.length === 0) return results
    const { mail, created, message } = job
    try {
      const stranded = { recipients: lost.map(({ recipient }) => recipient), replies: lost.map(({ reply }) => reply) }
      await this.#needs.keep({ mail, created, message, ...stranded })
      counters.kept += lost.length
      return results
    } catch (error) {
      counters.errors++
      const reply = { code: 451, status: '4.3.0', text: 'The message could not be kept', detail: String(error) }
      return results.map(result =>
        result.state === 'given up' ? { ...result, state: 'later', delayMs: againMs, reply } : result,
      )
    }
  }

  #tell({ mail }: Job, where: string, said: readonly Said[], results: readonly Result[], error?: unknown): void {
    const recipients = said.flatMap(({ recipient, reply }, index) => {
      const state = results[index]?.state
      return state ? [{ address: recipient.address, state, reply }] : []
    })
    this.#needs.report({ id: mail.id, where, recipients, ...(error !== undefined && { error }) })
  }
}

export interface Surroundings {
  readonly isOurs: () => boolean
  readonly restMs: () => number
  readonly noteRest: (ms: number) => void
}

const waits: Reply = { code: 451, status: '4.4.1', text: 'The message is waiting for its turn' }
