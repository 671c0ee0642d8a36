import type { Command } from 'commander'
import type { JournalFilter } from '../journal/journal-filter.ts'
import { parseNetwork } from '../mail/network.ts'
import { summarize } from '../report/summary.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { parseMoment } from './moment.ts'
import { type OpenedJournal, withJournal } from './open-journal.ts'
import { configOption } from './startup.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly since?: string
  readonly until?: string
  readonly to?: string
  readonly from?: string
  readonly verdict?: string
  readonly rule?: string
  readonly client?: string
  readonly limit: string
}

/** `postern traces`: the transactions that one is looking for. */
export function addTraces(program: Command): void {
  program
    .command('traces')
    .description('List transactions of the journal, the latest at the end.')
    .option('--since <time>', 'those of the last 30m, 2h, 7d, or since 2026-11-24T08:00')
    .option('--until <time>', 'those before')
    .option('--to <address>', 'a recipient: bob@example.org, bob@, @example.org, or a part of the address')
    .option('--from <address>', 'the sender, in the same way; "<>" for bounces')
    .option('--verdict <verdict>', `what became of it: ${Object.keys(verdicts).join(', ')}`)
    .option('--rule <name>', 'a rule that had something to say')
    .option('--client <network>', 'the client: 192.0.2.10 or 192.0.2.0/24')
    .option('--limit <number>', 'at most so many; 0 for all', '100')
    .option(...configOption)
    .option('--json', 'print the traces, one line of JSON each')
    .action(async (options: Options) => {
      const asked = readFilter(options, new Date())
      if (typeof asked !== 'string') process.exitCode = await withJournal(options.config, opened => list(asked, opened, options))
      else {
        process.stderr.write(`${visible(asked)}\n`)
        process.exitCode = exitCodes.usage
      }
    })
}

/** What has become of a recipient, in the words of verdicts. */
const verdicts: Readonly<Record<string, NonNullable<JournalFilter['verdict']>>> = {
  reject: 'rejected',
  defer: 'deferred',
  quarantine: 'quarantined',
  tag: 'tagged',
  deliver: 'delivered',
  left: 'left',
  none: 'none',
}

interface Asked {
  readonly filter: JournalFilter
  readonly most: number
}

/** What to look for; or a sentence for the person who made a mistake. */
function readFilter({ since, until, to, from, verdict, rule, client, limit }: Options, now: Date): Asked | string {
  const [begin, end] = [since, until].map(text => (text === undefined ? undefined : parseMoment(text, now)))
  const wrong = [since !== undefined && !begin && since, until !== undefined && !end && until].find(
    text => typeof text === 'string',
  )
  if (wrong !== undefined) return `expected a time such as 2h, 7d or 2026-11-24T08:00, found "${wrong}"`
  const outcome =
    verdict === undefined ? undefined : (verdicts[verdict] ?? Object.values(verdicts).find(word => word === verdict))
  if (verdict !== undefined && !outcome)
    return `--verdict: expected one of ${Object.keys(verdicts).join(', ')}, found "${verdict}"`
  const network = client === undefined ? undefined : parseNetwork(client)
  if (client !== undefined && !network)
    return `--client: expected an address or a network such as 192.0.2.0/24, found "${client}"`
  if (!/^\d{1,9}$/.test(limit)) return `--limit: expected a number, found "${limit}"`
  const filter = {
    ...(begin && { since: begin }),
    ...(end && { until: end }),
    ...(to !== undefined && { to }),
    ...(from !== undefined && { from }),
    ...(outcome && { verdict: outcome }),
    ...(rule !== undefined && { rule }),
    ...(network && { client: network }),
  }
  return { filter, most: Number(limit) }
}

/** One line each. Nothing found is an answer, too: scripts hear it by the exit code. */
async function list({ filter, most }: Asked, { journal }: OpenedJournal, { json }: Options): Promise<ExitCode> {
  let count = 0
  for (const { trace, configuration } of most > 0 ? journal.latest(filter, most) : journal.entries(filter)) {
    count += 1
    const line = json ? visibleJson({ ...trace, configuration }) : `${trace.started} ${summarize(trace)}`
    if (!process.stdout.write(`${line}\n`)) await drained()
  }
  return count > 0 ? exitCodes.ok : exitCodes.failed
}

/** A slow reader must not make us keep all of a long journal in memory. One that is gone reads nothing any more. */
function drained(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['drain', 'close', 'error']) process.stdout.once(event, resolve)
  return promise.finally(() => {
    for (const event of ['drain', 'close', 'error']) process.stdout.off(event, resolve)
  })
}
