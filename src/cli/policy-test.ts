import { once } from 'node:events'
import { access, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import type { Command } from 'commander'
import { fileTrouble } from '../config/file-trouble.ts'
import { isPolicyFile } from '../config/policies.ts'
import { offerSdk } from '../config/sdk.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { brokenFiles, runOwnTests, testOf } from './own-test.ts'
import { folderOption } from './policy-new.ts'

interface Options {
  readonly folder: string
  readonly json?: true
}

/** `postern policy test`: the tests of the administrator's policies, wherever they lie. */
export function addPolicyTest(policy: Command): void {
  policy
    .command('test')
    .argument('[names...]', 'names of policies in the folder, or paths of policy files; without one, all of the folder')
    .description('Run the tests that stand beside your policies.')
    .option(...folderOption)
    .option('--json', 'print JSON: what fails, and where')
    .action(async (names: readonly string[], options: Options) => {
      process.exitCode = await test(names, options)
    })
}

async function test(names: readonly string[], { folder, json }: Options): Promise<ExitCode> {
  const files = await findTests(names, folder)
  if (typeof files === 'string') {
    process.stderr.write(`${visible(`postern policy test: ${files}`)}\n`)
    return exitCodes.usage
  }
  offerSdk()
  if (json) {
    const problems = await runOwnTests(files.map(file => ({ file, files: [] })))
    process.stdout.write(`${visibleJson({ problems }, 2)}\n`)
    return problems.length === 0 ? exitCodes.ok : exitCodes.failed
  }
  const events = run({ files, isolation: 'none', concurrency: false })
  let failed = 0
  events.on('test:fail', () => void failed++)
  const page = events.compose(spec)
  page.pipe(process.stdout, { end: false })
  await once(page, 'end')
  for (const { details } of await brokenFiles(files)) {
    failed++
    process.stdout.write(`${visible(details.error.stack ?? String(details.error))}\n`)
  }
  return failed === 0 ? exitCodes.ok : exitCodes.failed
}

/** The files, or what is wrong with what was asked for. */
async function findTests(names: readonly string[], folder: string): Promise<string[] | string> {
  const files = names.map(name =>
    resolve(isPolicyFile(name) ? testOf(name.replace(/\.test(?=\.)/, '')) : join(folder, `${name}.test.ts`)),
  )
  try {
    for (const file of files) await access(file)
    if (names.length > 0) return files
    const found = (await readdir(folder)).filter(file => /\.test\.[cm]?[jt]s$/.test(file)).map(file => resolve(folder, file))
    return found.length > 0 ? found.toSorted() : `expected a test, such as ${join(folder, 'mine.test.ts')}, found none`
  } catch (error) {
    return `expected the test of a policy, found ${fileTrouble(folder, error)}`
  }
}
