import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { summarize } from '../report/summary.ts'
import { visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type OpenedJournal, withJournal } from './open-journal.ts'
import { configOption } from './startup.ts'
import { type Account, accountOf, tellAccount } from './trace-account.ts'
import { traceTest } from './trace-test.ts'
import { idExpected, parseId } from './transaction-id.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly asTest?: true
}

/** `postern trace`: the whole story of a transaction. */
export function addTrace(program: Command): void {
  program
    .command('trace')
    .description('Tell all that was found and said about a transaction, and what would have made it come out otherwise.')
    .argument('<id>', 'the id that stands in the reply and in the log; that of a session lists its transactions')
    .option(...configOption)
    .option('--json', 'print JSON')
    .option('--as-test', 'print a test that judges it again')
    .action(async (id: string, options: Options) => {
      const given = parseId(id)
      if (given) process.exitCode = await withJournal(options.config, opened => tell(given, opened, options))
      else {
        process.stderr.write(`${idExpected}\n`)
        process.exitCode = exitCodes.usage
      }
    })
}

type Given = NonNullable<ReturnType<typeof parseId>>

async function tell({ id, isSession }: Given, opened: OpenedJournal, options: Options): Promise<ExitCode> {
  if (isSession) return list(id, opened, options)
  const recorded = opened.journal.find(id)
  if (!recorded) return missing(id)
  const account = await accountOf(recorded, opened.configuration)
  const text = textOf(account, opened, options)
  if (text === undefined) {
    process.stderr.write(`${id} has no recipients: there is nothing to judge again\n`)
    return exitCodes.failed
  }
  process.stdout.write(text)
  return exitCodes.ok
}

function textOf(account: Account, { source, configuration }: OpenedJournal, { json, asTest }: Options): string | undefined {
  // The built-in configuration is no file.
  if (asTest) return traceTest(account, existsSync(source.file) ? source.file : undefined)
  return json ? `${visibleJson(account, 2)}\n` : tellAccount(account, configuration)
}

/** The transactions of a session. */
function list(id: string, { journal }: OpenedJournal, { json }: Options): ExitCode {
  const traces = [...journal.entries({ id: `${id}.` })].map(({ trace }) => trace)
  if (traces.length === 0) return missing(id)
  const lines = traces.map(trace => (json ? visibleJson(trace) : `${trace.started} ${summarize(trace)}`))
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodes.ok
}

/** It may be too old, or so young that it is not written yet. */
export function missing(id: string): ExitCode {
  process.stderr.write(`${id} is not in the journal: it is older than that reaches back, or less than a second old\n`)
  return exitCodes.failed
}
