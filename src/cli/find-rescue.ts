import { type Edit, withException } from '../config/exception.ts'
import { loadConfiguration } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import type { RecipientTrace, Trace } from '../engine/trace.ts'
import { judgeAgain } from '../report/judge-again.ts'
import { type Candidate, candidatesFor } from './exceptions.ts'
import type { Found } from './startup.ts'
import { rulesOf } from './trace-account.ts'

/** An exception that would have let the mail in, and the change to a file that makes it. */
export interface Rescue {
  readonly candidate: Candidate
  readonly edit: Edit
  /** What was narrower, and why it does not do. */
  readonly tried: readonly Candidate[]
  /** What would become of the recipients. */
  readonly after: readonly RecipientTrace[]
}

/** Finds the narrowest exception, by judging the mail again with each of them; a sentence when there is none. */
export async function findRescue(trace: Trace, found: Found): Promise<Rescue | string> {
  const refused = trace.recipients.filter(({ outcome }) => outcome !== 'delivered' && outcome !== 'left')
  if (refused.length === 0) return `${trace.id} was not refused: there is nothing to rescue`
  const [byRule] = refused.filter(({ rule }) => rule !== undefined)
  if (!byRule) return `${trace.id} was refused by no rule, but: ${refused[0]?.reply}`
  const tried: Candidate[] = []
  for (const candidate of candidatesFor(trace)) {
    const attempt = await attempts(candidate, trace, found)
    if (typeof attempt !== 'string') return { candidate, tried, ...attempt }
    tried.push({ ...candidate, why: attempt })
  }
  const list = tried.map(({ policy, entry, why }) => `${policy} ${entry}: ${why}`)
  return [`no exception lets ${trace.id} in, which ${byRule.rule} has refused:`, ...list].join('\n')
}

type Success = Pick<Rescue, 'edit' | 'after'>

/** In a rule that there is, or else in one of its own before all others. */
async function attempts(candidate: Candidate, trace: Trace, found: Found): Promise<Success | string> {
  const inRule = await attempt(candidate, trace, found, { onTop: false })
  return typeof inRule === 'string' ? attempt(candidate, trace, found, { onTop: true }) : inRule
}

async function attempt(
  candidate: Candidate,
  trace: Trace,
  { source, configuration }: Found,
  where: { readonly onTop: boolean },
): Promise<Success | string> {
  const note = `rescued ${trace.id}`
  const edit = await withException(source, candidate, { ...where, note })
  if (!edit) return 'there is no list for it'
  // What stands in a list file counts as if it stood in the configuration itself: here it is only tried.
  const text = edit.isList ? ((await withException(source, candidate, { onTop: true, note }))?.after ?? source.text) : edit.after
  const loaded = await loadConfiguration({ ...source, text })
  if ('problems' in loaded) return loaded.problems.map(formatProblem).join('; ')
  const again = await judgeAgain(trace, configuration.mode, { rules: rulesOf(configuration) })
  const after = (await again?.judge(rulesOf(loaded.value)))?.recipients ?? []
  const stuck = after.find(({ outcome, rule }) => outcome !== 'delivered' && outcome !== 'left' && rule !== undefined)
  return stuck ? `${stuck.rule} would refuse it all the same` : { edit, after }
}
