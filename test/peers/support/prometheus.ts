import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../fixtures/free-port.ts'
import { alertsFile } from '../../functional/watched-queries.ts'
import { peerFolder, removeFolder } from './folder.ts'
import { pathOf } from './needs.ts'
import { until } from './wait.ts'

/** One series of an answer. */
interface Series {
  readonly metric: Readonly<Record<string, string>>
}

interface Rule {
  readonly name: string
  readonly health: string
  readonly lastError?: string
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>
}

/** A real Prometheus that asks one gateway every second, with our alerts. */
export class Prometheus {
  readonly #folder: string
  readonly #port: number
  readonly #process: ChildProcess

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.#folder = folder
    this.#port = port
    this.#process = process
  }

  static async start(metricsPort: number): Promise<Prometheus> {
    const folder = await peerFolder('prometheus')
    const port = await freePort()
    const file = join(folder, 'prometheus.yml')
    const text = `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["${alertsFile}"]
scrape_configs: [{ job_name: postern, static_configs: [{ targets: ["127.0.0.1:${metricsPort}"] }] }]
`
    await writeFile(file, text)
    const args = [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`]
    const child = spawn(pathOf('prometheus'), args, { stdio: 'ignore' })
    process.once('exit', () => child.kill('SIGKILL'))
    const prometheus = new Prometheus(folder, port, child)
    await until('Prometheus', () =>
      prometheus.#get('/-/ready').then(
        ({ ok }) => (ok ? true : undefined),
        () => undefined,
      ),
    )
    return prometheus
  }

  /** What a query finds now. Rejects with the words of Prometheus when it is none. */
  async query(query: string): Promise<readonly Series[]> {
    const { data, error } = await this.#ask<{ readonly result: readonly Series[] }>(`query?query=${encodeURIComponent(query)}`)
    if (!data) throw new Error(`${query}: ${error}`)
    return data.result
  }

  /** The alerting rules, each with whether it could be evaluated. */
  async rules(): Promise<readonly Rule[]> {
    const { data } = await this.#ask<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>('rules')
    return data?.groups.flatMap(({ rules }) => rules) ?? []
  }

  /** The alerts whose condition is true at present. */
  async alerts(): Promise<readonly Alert[]> {
    const { data } = await this.#ask<{ readonly alerts: readonly Alert[] }>('alerts')
    return data?.alerts ?? []
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
    await removeFolder(this.#folder)
  }

  async #ask<T>(what: string): Promise<{ readonly data?: T; readonly error?: string }> {
    const response = await this.#get(`/api/v1/${what}`)
    // Its interface is documented, and stable in version 1.
    return (await response.json()) as { readonly data?: T; readonly error?: string }
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}${path}`, { signal: AbortSignal.timeout(10_000) })
  }
}
