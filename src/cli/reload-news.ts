import { formatProblems, type Problem } from '../config/problem.ts'
import type { Log } from '../report/log.ts'

/** Says why a new configuration is not used. */
export function tellBroken(log: Log, problems: readonly Problem[]): void {
  for (const problem of formatProblems(problems)) log.error({ problem }, 'the configuration is broken')
  log.error({ problems: problems.length }, 'the old configuration stays in force')
}

/** Says that a new configuration is used, and what of it is not. */
export function tellInForce(log: Log, except: readonly string[]): void {
  if (except.length === 0) log.info({}, 'the new configuration is in force')
  else log.warn({ parts: except }, 'the new configuration is in force, except these parts: they need a restart')
}
