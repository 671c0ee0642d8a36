import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

const top = join(import.meta.dirname, '../..')
const folder = join(top, 'fixtures/mistakes')
const mistakes = readdirSync(folder)

/** What the last line of the file says: where the compiler finds the mistake, and what it says of it. */
function expectedIn(file: string): { readonly place: string; readonly words: string } {
  const [, place = '', words = ''] =
    /^\/\/ (\d+:\d+): (.+)$/.exec(readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').at(-1) ?? '') ?? []
  return { place, words }
}

/** Typical mistakes of who writes a policy, in a folder as `postern policy new` makes it, far from ours. */
describe('a mistake in a policy is found by the compiler, where it is', () => {
  let theirs = ''
  let output = ''

  before(async () => {
    theirs = await mkdtemp(join(tmpdir(), 'postern-mistakes-'))
    await run(process.execPath, [join(top, 'src/cli/main.ts'), 'policy', 'new', 'good', '--folder', theirs])
    await cp(folder, theirs, { recursive: true })
    output = await run(join(top, 'node_modules/.bin/tsc'), ['-p', theirs, '--pretty', 'false'], { cwd: theirs })
  })
  after(() => rm(theirs, { recursive: true }))

  /** The errors in a file, each with the lines that explain it. */
  const errorsIn = (file: string) => output.split(/\n(?!\s)/).filter(error => error.startsWith(`${file}(`))

  it('and there are at least twelve', () => assert.ok(mistakes.length >= 12))

  for (const file of mistakes) {
    it(file.replace(/\.ts$/, '').replaceAll('-', ' '), () => {
      const { place, words } = expectedIn(file)
      const [error = ''] = errorsIn(file)
      const [, line, column] = /\((\d+),(\d+)\)/.exec(error) ?? []
      assert.equal(`${line}:${column}`, place)
      assert.ok(error.includes(words), `${words}\n\n${error}`)
    })
  }

  it('and nothing is found where there is none', () => {
    for (const file of ['good.ts', 'good.test.ts']) assert.deepEqual(errorsIn(file), [])
  })
})

/** What a program says, however it ends. */
function run(program: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  execFile(program, args, { ...options, timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr))
  return promise
}
