import type { Command } from 'commander'
import type { Configuration } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { visibleJson } from '../report/visible.ts'
import { formatSummary, summarize } from './configuration-summary.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { complain, configOption, readConfiguration } from './startup.ts'
import { warnings } from './warnings.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

/** `postern check`: whether this configuration would start, and what it means. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('Check the configuration: print what is wrong with it, or what it means.')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      process.exitCode = await check(options)
    })
}

async function check({ config, json }: Options): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    if (json)
      process.stdout.write(
        `${visibleJson({ problems: checked.problems.map(problem => ({ ...problem, text: formatProblem(problem) })) }, 2)}\n`,
      )
    else complain(checked.problems)
    return exitCodes.usage
  }
  process.stdout.write(await account(checked.value, { json: json ?? false }))
  return exitCodes.ok
}

async function account(configuration: Configuration, { json }: { readonly json: boolean }): Promise<string> {
  const summary = { ...summarize(configuration), warnings: await warnings(configuration) }
  return json ? `${visibleJson(summary, 2)}\n` : formatSummary(summary)
}
