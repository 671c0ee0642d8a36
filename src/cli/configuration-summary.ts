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
  journal,
  workers,
  mode,
  listen,
  relay,
  relayFrom,
  outbound,
  rules,
  tls,
  metrics,
  sign = {},
}: Configuration) {
  return {
    file: document.file,
    hostname,
    data,
    journal,
    workers: workerCount({ workers }),
    mode,
    listeners: listen.map(({ address, as, tls: wanted }) => ({
      address: formatEndpoint(address),
      as,
      tls: wanted ?? (tls ? 'starttls' : 'off'),
    })),
    ...(metrics && { metrics: formatEndpoint(metrics.listen) }),
    routes: Object.entries(relay).map(([domain, { to, identity }]) => ({ domain, to: to.text, identity })),
    outbound: outbound.smarthost?.to?.text ?? 'mx',
    ...(relayFrom.length > 0 && { relayFrom: relayFrom.map(({ text }) => text) }),
    signs: Object.entries(sign).map(([domain, keys]) => ({ domain, selectors: keys.map(({ selector }) => selector) })),
    rules: rules.map(({ name, policy, settings }) => ({
      name,
      phase: policy.phase,
      phases: [...policy.also.map(({ phase }) => phase), policy.phase],
      mode: settings.mode,
      as: settings.as,
      policy: policy.name,
    })),
  }
}

type Summary = ReturnType<typeof summarize> & { readonly warnings: readonly string[] }

/** The same for people. */
export function formatSummary(summary: Summary): string {
  const { file, rules, warnings } = summary
  const lines = [
    `${file} is in order`,
    '',
    ...alignRows(ourselves(summary)),
    ...waysOfMail(summary),
    ...titled('Judges by', rules.map(ruleRow)),
    ...titled(
      'Warnings',
      warnings.map(warning => [warning]),
    ),
  ]
  return lines.map(line => `${visible(line)}\n`).join('')
}

function ourselves({ hostname, data, journal, workers, mode }: Summary): string[][] {
  return [
    ['hostname', hostname],
    ['data', data],
    ['journal', journal === 'off' ? 'off' : kept(journal)],
    ['workers', String(workers)],
    ['mode', mode],
  ]
}

/** Where mail comes in, and where it goes. */
function waysOfMail({ listeners, metrics, routes, outbound, relayFrom, signs }: Summary): string[] {
  return [
    ...titled(
      'Listens on',
      listeners.map(({ address, as, tls }) => [address, as, `tls ${tls}`]),
    ),
    ...titled('Serves metrics at', metrics === undefined ? [] : [[metrics]]),
    ...titled(
      'Relays for',
      routes.map(({ domain, to, identity }) => [domain, to, `identity ${identity}`]),
    ),
    ...titled('Sends the mail of our own to', [[outbound]]),
    ...titled('Relays without a password from', relayFrom === undefined ? [] : [relayFrom]),
    ...titled(
      'Signs for',
      signs.map(({ domain, selectors }) => [domain, `by ${selectors.join(', ')}`]),
    ),
  ]
}

function ruleRow({ name, phases, as, mode }: Summary['rules'][number]): string[] {
  return [name, `at ${phases.join(', ')}`, as === 'mx' ? '' : `as ${as}`, mode === 'shadow' ? 'in shadow' : '']
}

function kept({ days, bytes, private: isPrivate }: Exclude<Configuration['journal'], 'off'>): string {
  return `${days} days, ${Math.round(bytes / 2 ** 20)} MiB${isPrivate ? ', without persons' : ''}`
}

function titled(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...alignRows(rows).map(line => `  ${line}`)]
}
