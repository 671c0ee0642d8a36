import { loadConfiguration } from '../config/load.ts'
import { withEnforced } from '../config/promotion.ts'
import { visible } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { isWanted } from './is-wanted.ts'
import { lineChanges } from './line-changes.ts'
import { replaceFile } from './replace-file.ts'
import { complain, type Found } from './startup.ts'

/** Shows the configuration in which a rule is enforced, asks, and puts it in the place of the old one, which is kept beside it. */
export async function promote(
  rule: string,
  { source, configuration }: Found,
  { yes, json }: { readonly yes?: true; readonly json?: true },
): Promise<ExitCode> {
  const promotion = withEnforced(
    source,
    configuration.rules.findIndex(({ name }) => name === rule),
  )
  if (typeof promotion === 'string') return fail(promotion)
  const checked = await loadConfiguration({ ...source, text: promotion.after })
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.failed
  }
  if (!json) process.stdout.write(`\n${[promotion.file, ...lineChanges(promotion)].map(visible).join('\n')}\n`)
  if (!yes && (json || !(await isWanted()))) return exitCodes.failed
  const kept = await replaceFile(promotion, `before-${rule}`)
  if ('trouble' in kept) return fail(kept.trouble)
  if (!json) process.stdout.write(`Written. The former file is ${visible(kept.former)}\nSIGHUP puts it in force.\n`)
  return exitCodes.ok
}

function fail(why: string): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return exitCodes.failed
}
