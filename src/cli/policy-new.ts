import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { extname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { fileTrouble } from '../config/file-trouble.ts'
import { builtInNames } from '../config/policies.ts'
import { nameFound } from '../config/problem.ts'
import { visible } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { editorSettings } from './policy-new/editor-settings.ts'
import { policyText, testText } from './policy-new/template.ts'

/** Where the administrator's policies are, unless another folder is named. */
const usualFolder = 'policies/local'
export const folderOption = ['--folder <folder>', 'the folder of your policies', usualFolder] as const

/** `postern policy new`: the files that a policy of one's own begins with. */
export function addPolicyNew(policy: Command): void {
  policy
    .command('new')
    .argument('<name>', 'what the policy is called: lower-case letters, digits and hyphens')
    .description('Write a policy, its test, and the settings by which an editor knows the types.')
    .option(...folderOption)
    .action(async (name: string, { folder }: { readonly folder: string }) => {
      process.exitCode = await create(name, folder)
    })
}

async function create(name: string, folder: string): Promise<ExitCode> {
  const fault = await faultOf(name)
  if (fault) return refuse(fault)
  const [code, test, settings] = [join(folder, `${name}.ts`), join(folder, `${name}.test.ts`), join(folder, 'tsconfig.json')]
  const taken = [code, test].find(file => existsSync(file))
  if (taken !== undefined) return refuse(`expected the name of a new policy, found ${taken}, which is there already`)
  try {
    await mkdir(folder, { recursive: true })
    // Never in place of a file that has just come into being: it may be a day's work.
    await writeFile(code, policyText(name), { flag: 'wx' })
    await writeFile(test, testText(name), { flag: 'wx' })
  } catch (error) {
    return refuse(`expected a folder that we may write to, found ${fileTrouble(folder, error)}`)
  }
  const isNew = await writeFile(settings, editorSettings(resolve(folder)), { flag: 'wx' }).then(
    () => true,
    () => false,
  )
  process.stdout.write(
    visibleLines([
      ...told(code, test),
      ...(isNew ? [`${settings}: lets an editor know the types`] : []),
      ...whatNext(name, folder),
    ]),
  )
  return exitCodes.ok
}

async function faultOf(name: string): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    return `expected a name of lower-case letters, digits and hyphens, such as too-loud, found ${nameFound(name)}`
  }
  if (!(await builtInNames()).includes(name)) return undefined
  return `expected a name that no built-in policy has, found ${nameFound(name)}`
}

function refuse(why: string): ExitCode {
  process.stderr.write(`${visible(`postern policy new: ${why}`)}\n`)
  return exitCodes.usage
}

function told(code: string, test: string): string[] {
  return [`${code}: the policy, with an example to change`, `${test}: its test, which runs whenever one of them is saved`]
}

/** The commands, as they are typed here: in the repository npx finds them. */
function whatNext(name: string, folder: string): string[] {
  const isRepository = extname(import.meta.filename) === '.ts'
  const [postern, tsc] = isRepository ? ['npx postern', 'npx tsc'] : ['postern', 'npx -p typescript tsc']
  const where = folder === usualFolder ? '' : ` --folder ${folder}`
  const use = relative('.', join(folder, `${name}.ts`))
  return [
    '',
    `${tsc} -p ${folder}`,
    `${postern} policy test ${name}${where}`,
    `${postern} check`,
    '',
    'The last one when the policy stands in the configuration, below rules:',
    `  - use: ${use.startsWith('..') ? resolve(folder, `${name}.ts`) : `./${use}`}`,
    'A gateway that runs puts it in force as soon as you save.',
  ]
}

function visibleLines(lines: readonly string[]): string {
  return lines.map(line => `${visible(line)}\n`).join('')
}
