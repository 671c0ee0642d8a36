import { findConfiguration } from '../config/find.ts'
import { type Configuration, loadConfiguration } from '../config/load.ts'
import { type Checked, formatProblems, type Problem } from '../config/problem.ts'
import { visible } from '../report/visible.ts'

/** The option by which every command is told its configuration. */
export const configOption = [
  '-c, --config <file>',
  'the configuration; else ./postern.yaml, /etc/postern/postern.yaml, a built-in one',
] as const

/** Finds the configuration, reads it, and checks it. */
export async function readConfiguration(file: string | undefined): Promise<Checked<Configuration>> {
  const source = await findConfiguration(file)
  return 'problems' in source ? source : loadConfiguration(source.value)
}

/** Tells what is wrong, one line each, as compilers do. */
export function complain(problems: readonly Problem[]): void {
  for (const line of formatProblems(problems)) process.stderr.write(`${visible(line)}\n`)
}
