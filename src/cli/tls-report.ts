import type { Command } from 'commander'
import { partOf } from '../engine/store.ts'
import { TlsReport } from '../mx/tls-report.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openMemory } from './open-rehearsal.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

/** `postern tls-report`: what TLS to others came to on one day. */
export function addTlsReport(program: Command): void {
  program
    .command('tls-report')
    .description('Tell how often TLS to others has worked, and why not, by domain: what reports of RFC 8460 are made of.')
    .argument('[day]', 'such as 2026-11-24; without it, today (UTC)')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (day: string | undefined, options: Options) => {
      process.exitCode = await tellCounts(day, options)
    })
}

async function tellCounts(day = new Date().toISOString().slice(0, 10), { config, json }: Options): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  if ('problems' in checked) complain(checked.problems)
  else if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) process.stderr.write(`expected a day such as 2026-11-24, found ${visible(day)}\n`)
  else {
    const { store, close } = openMemory(checked.value)
    const counts = await new TlsReport(partOf(store, 'tls-report'), () => new Date()).read(day)
    close()
    const rows = counts.flatMap(({ domain, policy, results }) =>
      Object.entries(results).map(([result, count]) => [domain, policy, result, String(count)]),
    )
    process.stdout.write(json ? `${visibleJson({ day, counts }, 2)}\n` : `${alignRows(rows).map(visible).join('\n')}\n`)
    return exitCodes.ok
  }
  return exitCodes.usage
}
