import type { Checked } from '../config/problem.ts'
import type { Report } from '../metrics/report.ts'
import type { Log } from '../report/log.ts'
import type { Failure, Listening, Running } from './running.ts'
import { Service } from './service.ts'
import type { Found } from './startup.ts'
import { TicketKeys } from './ticket-keys.ts'

/** The gateway in one process: this one. */
export class Alone implements Running {
  readonly #service: Service
  readonly #log: Log
  readonly #ticketKeys: TicketKeys
  #reloading: Promise<void> = Promise.resolve()

  private constructor(service: Service, log: Log) {
    this.#service = service
    this.#log = log
    this.#ticketKeys = new TicketKeys(keys => service.server?.useTicketKeys(keys))
  }

  static async start({ configuration }: Found, log: Log): Promise<Alone | Failure> {
    const service = await Service.start(configuration, log)
    return 'problems' in service ? service : new Alone(service.value, log)
  }

  get addresses(): readonly Listening[] {
    return this.#service.addresses
  }

  async reports(): Promise<readonly Report[]> {
    return [await this.#service.report()]
  }

  reload(next: Checked<Found>): Promise<void> {
    this.#reloading = this.#service.reload('problems' in next ? next : { value: next.value.configuration })
    return this.#reloading
  }

  async renew(): Promise<void> {
    this.#log.warn({}, 'only workers can be replaced by new ones: this is a single process')
  }

  async stop(drainMs: number): Promise<void> {
    this.#ticketKeys.stop()
    await this.#reloading
    await this.#service.stop(drainMs)
  }

  async kill(): Promise<void> {}
}
