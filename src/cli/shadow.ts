import type { Command } from 'commander'
import type { Configuration } from '../config/load.ts'
import { reportShadows, type ShadowReport } from '../replay/shadow.ts'
import { formatShadow } from '../replay/shadow-text.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { parseMoment } from './moment.ts'
import { type OpenedJournal, withJournal } from './open-journal.ts'
import { promote } from './promote.ts'
import { configOption } from './startup.ts'

interface Options {
  readonly config?: string
  readonly since: string
  readonly limit: string
  readonly json?: true
  readonly promote?: true
  readonly yes?: true
}

/** `postern shadow`: what the rules in shadow mode would have done. */
export function addShadow(program: Command): void {
  program
    .command('shadow')
    .description('Tell what rules in shadow mode would have done, and whom they would have hurt.')
    .argument('[rule]', 'one of them, by its name; else all')
    .option(...configOption)
    .option('--since <time>', 'from when on: 7d, 12h, or 2026-11-24T08:00:00Z', '7d')
    .option('--limit <samples>', 'how many samples of each rule are shown', '5')
    .option('--promote', 'show the configuration in which the rule is enforced, ask, and write it')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (rule: string | undefined, options: Options) => {
      process.exitCode = await shadow(rule, options)
    })
}

async function shadow(rule: string | undefined, options: Options): Promise<ExitCode> {
  const since = parseMoment(options.since, new Date())
  if (!since) return refuse(`--since: expected a time such as 7d, or a moment such as 2026-11-24, found "${options.since}"`)
  if (!/^\d{1,4}$/.test(options.limit)) return refuse(`--limit: expected a number up to 9999, found "${options.limit}"`)
  if (options.promote && rule === undefined) return refuse('--promote: expected the name of a rule, found none')
  return withJournal(options.config, async opened => {
    const unknown = rule === undefined ? undefined : notShadowed(rule, opened.configuration)
    if (unknown !== undefined) return refuse(unknown)
    const reports = report(opened, { since, ...(rule !== undefined && { rule }), samples: Number(options.limit) })
    tell(reports, options)
    return options.promote && rule !== undefined ? promote(rule, opened, options) : exitCodes.ok
  })
}

/** What is wrong with the name of a rule. */
function notShadowed(name: string, { rules }: Configuration): string | undefined {
  const shadowed = rules.filter(({ settings }) => settings.mode === 'shadow').map(({ name }) => name)
  if (shadowed.includes(name)) return undefined
  return `expected a rule in shadow mode, one of ${shadowed.join(', ') || 'none'}, found "${name}"`
}

interface Asked {
  readonly since: Date
  readonly rule?: string
  readonly samples: number
}

function report({ journal }: OpenedJournal, { since, ...asked }: Asked): ShadowReport[] {
  const traces = journal.entries({ since }).map(({ trace }) => trace)
  return reportShadows(traces, asked)
}

function tell(reports: readonly ShadowReport[], { json, since }: Options): void {
  if (json) process.stdout.write(`${visibleJson(reports, 2)}\n`)
  else if (reports.length === 0) process.stdout.write(`No rule in shadow mode has judged anything since ${visible(since)}\n`)
  else process.stdout.write(reports.map(formatShadow).join('\n'))
}

function refuse(why: string): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return exitCodes.usage
}
