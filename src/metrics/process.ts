import { collectDefaultMetrics, Registry } from 'prom-client'
import { across, counter, gauge } from './family.ts'
import type { MetricJson, Page } from './page.ts'

export const running = {
  build: across('max', gauge('postern_build_info', 'Always 1: what is running.', 'version', 'configuration', 'mode')),
  ready: across('max', gauge('postern_ready', '1 while mail can be taken and handed on, as /readyz says.')),
  reloads: across('max', counter('postern_reloads_total', 'Configurations that were read while running.', 'result')),
  reloaded: across('min', gauge('postern_last_reload_successful', '0 when the last new configuration was broken, else 1.')),
  reloadTime: across(
    'max',
    gauge('postern_last_reload_success_timestamp_seconds', 'When the configuration in force was read, in seconds since 1970.'),
  ),
  // Each worker knows of itself alone, and the process that has started them of all.
  workers: across('max', gauge('postern_workers', 'Processes that take mail.')),
  restarts: across('max', counter('postern_worker_restarts_total', 'Processes that ended by themselves and were started again.')),
} as const

/** What is running, as far as a dashboard wants to tell one from another. */
export interface Build {
  readonly version: string
  /** Changes whenever the configuration does. */
  readonly configuration: string
  readonly mode: 'enforce' | 'observe'
}

/** Which configuration is in force, and how the ones after it were received. */
export class Reloads {
  #build: Build
  #succeeded = 0
  #failed = 0
  #isLastGood = true
  #since = Date.now() / 1000

  constructor(build: Build) {
    this.#build = build
  }

  get build(): Build {
    return this.#build
  }

  noteSuccess(build: Pick<Build, 'configuration' | 'mode'>): void {
    this.#build = { ...this.#build, ...build }
    this.#succeeded++
    this.#isLastGood = true
    this.#since = Date.now() / 1000
  }

  noteFailure(): void {
    this.#failed++
    this.#isLastGood = false
  }

  writeTo(page: Page): void {
    const { version, configuration, mode } = this.#build
    page.set(running.build, 1, version, configuration, mode)
    page.set(running.reloads, this.#succeeded, 'ok')
    page.set(running.reloads, this.#failed, 'failed')
    page.set(running.reloaded, this.#isLastGood ? 1 : 0)
    page.set(running.reloadTime, this.#since)
  }
}

/** Of several processes the worst counts here, and a start is the first one's: prom-client would take the mean, or nothing. */
const acrossProcesses: readonly (readonly [name: RegExp, how: MetricJson['aggregator']])[] = [
  [/^nodejs_eventloop_lag_(?!min)/, 'max'],
  [/^process_start_time_seconds$/, 'min'],
  [/^process_max_fds$/, 'min'],
]

/** What prom-client tells of every process by itself: processor, memory, event loop, garbage. It watches from the first call on. */
export class Runtime {
  #registry: Registry | undefined

  async json(): Promise<MetricJson[]> {
    this.#registry ??= watchProcess()
    const metrics = (await this.#registry.getMetricsAsJSON()) as unknown as readonly MetricJson[] // its types say less than it gives
    return metrics.map(metric => {
      const how = acrossProcesses.find(([name]) => name.test(metric.name))?.[1]
      return {
        ...metric,
        aggregator: how ?? metric.aggregator,
        values: metric.values.filter(({ value }) => isMeasured(metric.name, value)),
      }
    })
  }
}

const yearSeconds = 365 * 24 * 60 * 60

/** Before the event loop has turned, prom-client tells of a mean delay that is no number and a least one of centuries. */
function isMeasured(name: string, value: number): boolean {
  return Number.isFinite(value) && !(name.startsWith('nodejs_eventloop_lag_') && value > yearSeconds)
}

function watchProcess(): Registry {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}
