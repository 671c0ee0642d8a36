import { formatEndpoint } from '../config/endpoint.ts'
import type { Configuration } from '../config/load.ts'
import { workerCount } from '../config/workers.ts'
import { alignRows } from '../report/table.ts'
import { visible } from '../report/visible.ts'

/** What a configuration means, in short. */
export function summarize({
  document,
  hostname,
  data,
  workers,
  mode,
  listen,
  relay,
  rules,
  tls,
  metrics,
  sign = {},
}: Configuration) {
  return {
    file: document.file,
    hostname,
    data,
    workers: workerCount({ workers }),
    mode,
    listeners: listen.map(({ address, as, tls: wanted }) => ({
      address: formatEndpoint(address),
      as,
      tls: wanted ?? (tls ? 'starttls' : 'off'),
    })),
    ...(metrics && { metrics: formatEndpoint(metrics.listen) }),
    routes: Object.entries(relay).map(([domain, { to, identity }]) => ({ domain, to: to.text, identity })),
    signs: Object.entries(sign).map(([domain, keys]) => ({ domain, selectors: keys.map(({ selector }) => selector) })),
    rules: rules.map(({ name, policy, settings }) => ({
      name,
      phase: policy.phase,
      phases: [...policy.also.map(({ phase }) => phase), policy.phase],
      mode: settings.mode,
      policy: policy.name,
    })),
  }
}

type Summary = ReturnType<typeof summarize> & { readonly warnings: readonly string[] }

/** The same for people. */
export function formatSummary(summary: Summary): string {
  const { file, hostname, data, workers, mode, listeners, metrics, routes, signs, rules, warnings } = summary
  const lines = [
    `${file} is in order`,
    '',
    ...alignRows([
      ['hostname', hostname],
      ['data', data],
      ['workers', String(workers)],
      ['mode', mode],
    ]),
    ...titled(
      'Listens on',
      listeners.map(({ address, as, tls }) => [address, as, `tls ${tls}`]),
    ),
    ...titled('Serves metrics at', metrics === undefined ? [] : [[metrics]]),
    ...titled(
      'Relays for',
      routes.map(({ domain, to, identity }) => [domain, to, `identity ${identity}`]),
    ),
    ...titled(
      'Signs for',
      signs.map(({ domain, selectors }) => [domain, `by ${selectors.join(', ')}`]),
    ),
    ...titled(
      'Judges by',
      rules.map(({ name, phases, mode }) => [name, `at ${phases.join(', ')}`, mode === 'shadow' ? 'in shadow' : '']),
    ),
    ...titled(
      'Warnings',
      warnings.map(warning => [warning]),
    ),
  ]
  return lines.map(line => `${visible(line)}\n`).join('')
}

function titled(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...alignRows(rows).map(line => `  ${line}`)]
}
