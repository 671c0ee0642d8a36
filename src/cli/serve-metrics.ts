import { formatEndpoint } from '../config/endpoint.ts'
import type { Configuration } from '../config/load.ts'
import type { Checked } from '../config/problem.ts'
import { openMetricsServer } from '../metrics/http.ts'
import type { Report } from '../metrics/report.ts'
import type { Log } from '../report/log.ts'
import { listenProblem } from './listen.ts'

interface Source {
  /** What each process has counted. */
  readonly reports: () => Promise<readonly Report[]>
  readonly log: Log
}

/** What is to be closed at the end. */
export interface Closable {
  close(): Promise<void>
}

/** Opens the listener for those who watch, if the configuration wants one. An address that cannot be had is a problem. */
export async function serveMetrics(configuration: Configuration, { reports, log }: Source): Promise<Checked<Closable>> {
  const { document, metrics } = configuration
  if (!metrics) return { value: { close: async () => {} } }
  const { host, port } = metrics.listen
  const onError = (error: unknown) => log.error({ error: String(error) }, 'the metrics cannot be served')
  try {
    const server = await openMetricsServer({ host, port, reports, onError })
    log.info({ address: formatEndpoint({ host, port: server.port }) }, 'serving metrics')
    return { value: server }
  } catch (error) {
    return { problems: [listenProblem(document, error, () => ['metrics', 'listen'])] }
  }
}
