import { type ConfigurationSource, findConfiguration } from '../config/find.ts'
import { type Configuration, loadConfiguration } from '../config/load.ts'
import { type Checked, formatProblems, type Problem } from '../config/problem.ts'
import { visible } from '../report/visible.ts'

/** The option by which every command is told its configuration. */
export const configOption = [
  '-c, --config <file>',
  'the configuration; else ./postern.yaml, /etc/postern/postern.yaml, a built-in one',
] as const

/** A configuration, and what it was read from. */
export interface Found {
  readonly source: ConfigurationSource
  readonly configuration: Configuration
}

/** Finds the configuration, reads it, and checks it. */
export async function readConfiguration(file: string | undefined): Promise<Checked<Configuration>> {
  const found = await readWithSource(file)
  return 'problems' in found ? found : { value: found.value.configuration }
}

/** The same, with its text: so others can read the very same. */
export async function readWithSource(file: string | undefined): Promise<Checked<Found>> {
  const source = await findConfiguration(file)
  if ('problems' in source) return source
  const loaded = await loadConfiguration(source.value)
  return 'problems' in loaded ? loaded : { value: { source: source.value, configuration: loaded.value } }
}

/** Tells what is wrong, one line each, as compilers do. */
export function complain(problems: readonly Problem[]): void {
  for (const line of formatProblems(problems)) process.stderr.write(`${visible(line)}\n`)
}
