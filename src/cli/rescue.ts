import type { Command } from 'commander'
import type { Trace } from '../engine/trace.ts'
import { fateOf } from '../report/summary.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { findRescue, type Rescue } from './find-rescue.ts'
import { isWanted } from './is-wanted.ts'
import { lineChanges } from './line-changes.ts'
import { type OpenedJournal, withJournal } from './open-journal.ts'
import { replaceFile } from './replace-file.ts'
import { configOption } from './startup.ts'
import { missing } from './trace.ts'
import { idExpected, parseId } from './transaction-id.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly yes?: true
}

/** `postern rescue`: lets mail in that was refused. */
export function addRescue(program: Command): void {
  program
    .command('rescue')
    .description('Work out the narrowest exception for mail that was refused, show it, ask, and write it into the configuration.')
    .argument('<id>', 'the id that stands in the refusal')
    .option(...configOption)
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON; without --yes nothing is written')
    .action(async (id: string, options: Options) => {
      const given = parseId(id)
      if (given && !given.isSession)
        process.exitCode = await withJournal(options.config, opened => rescue(given.id, opened, options))
      else {
        process.stderr.write(`${idExpected}\n`)
        process.exitCode = exitCodes.usage
      }
    })
}

async function rescue(id: string, opened: OpenedJournal, options: Options): Promise<ExitCode> {
  const recorded = opened.journal.find(id)
  if (!recorded) return missing(id)
  const found = await findRescue(recorded.trace, opened)
  if (typeof found === 'string') {
    process.stderr.write(`${visible(found)}\n`)
    return exitCodes.failed
  }
  const { edit, candidate, after } = found
  if (options.json)
    process.stdout.write(`${visibleJson({ id, exception: candidate, file: edit.file, changes: lineChanges(edit), after }, 2)}\n`)
  else process.stdout.write(told(found, recorded.trace))
  if (options.yes || (!options.json && (await isWanted()))) return write(found, id, options)
  return options.json ? exitCodes.ok : exitCodes.failed
}

function told({ candidate, edit, tried, after }: Rescue, trace: Trace): string {
  const lines = [
    ...trace.recipients.map(recipient => `<${recipient.address}> was ${fateOf(recipient)}`),
    '',
    ...tried.map(({ policy, entry, why }) => `Not enough: ${policy} ${entry}: ${why}`),
    `The narrowest exception: ${candidate.policy}, ${candidate.option}: ${candidate.entry}`,
    `  because ${candidate.why}`,
    ...after.map(
      recipient =>
        `  then <${recipient.address}> would be ${recipient.outcome === 'left' ? 'taken at RCPT; its message was never seen' : fateOf(recipient)}`,
    ),
    ...(edit.copiesDefaults
      ? ['', 'The configuration has no rules of its own: the default ones are copied into it, to be changed.']
      : []),
    '',
    edit.file,
    ...lineChanges(edit),
  ]
  return `${lines.map(visible).join('\n')}\n`
}

async function write({ edit }: Rescue, id: string, { json }: Options): Promise<ExitCode> {
  const kept = await replaceFile(edit, `before-${id}`)
  if ('trouble' in kept) {
    process.stderr.write(`${visible(kept.trouble)}\n`)
    return exitCodes.failed
  }
  if (json) return exitCodes.ok
  const how = edit.isList
    ? 'The running gateway sees it within a few seconds.'
    : 'A running gateway takes it over at SIGHUP: systemctl reload postern, or kill -HUP.'
  process.stdout.write(`Written. The former file is ${visible(kept.former)}\n${how}\n`)
  return exitCodes.ok
}
