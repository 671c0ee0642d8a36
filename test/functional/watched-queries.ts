import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** A query of the dashboard or of the alerts, with nothing left to fill in. */
export interface NamedQuery {
  readonly title: string
  readonly query: string
}

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

const docs = join(import.meta.dirname, '../../docs')

export const alertsFile: string = join(docs, 'postern-alerts.yaml')

/** Each query of each panel. `range` is what Grafana would choose for a rate. */
export function dashboardQueries(range: string): NamedQuery[] {
  const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8'))
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId }) => ({
      title: `${title} ${refId}`,
      query: expr.replaceAll('$__rate_interval', range).replaceAll('$instance', '.*'),
    })),
  )
}

/** The condition of each alert. */
export function alertQueries(): NamedQuery[] {
  const file: { readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[] } =
    parse(readFileSync(alertsFile, 'utf8'))
  return file.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ title: alert, query: expr })))
}
