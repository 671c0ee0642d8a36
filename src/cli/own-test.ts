import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { run } from 'node:test'
import { pathToFileURL } from 'node:url'
import { placeOf } from '../config/code-place.ts'
import type { Configuration } from '../config/load.ts'
import { nameFound, type Position, type Problem } from '../config/problem.ts'

/** A policy of the administrator's, and the test that stands beside it. */
export interface OwnTest {
  /** `mine.test.ts` beside `mine.ts`. */
  readonly file: string
  /** The files that decide how it ends. */
  readonly files: readonly string[]
}

/** Where the test of each policy of the administrator's is, or would be. */
export function ownTests({ rules }: Pick<Configuration, 'rules'>): OwnTest[] {
  const tests = rules.flatMap(({ file, files }) => (file === undefined ? [] : [{ file: testOf(file), files }]))
  return [...new Map(tests.map(test => [test.file, test])).values()]
}

/** `mine.test.ts` for `mine.ts`. */
export function testOf(policyFile: string): string {
  return policyFile.replace(/\.([cm]?[jt]s)$/, '.test.$1')
}

/** Changes with the test, and with all that its policy is made of; `undefined` when there is no test. */
export async function testKey({ file, files }: OwnTest): Promise<string | undefined> {
  if (!(await isThere(file))) return undefined
  const hash = createHash('sha256')
  for (const each of [file, ...files]) hash.update(`\n${each}\n`).update(await readFile(each).catch(() => ''))
  return hash.digest('hex')
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** Runs tests in this process, once in its life, and tells what fails: with the place in the test, as far as it can be found. */
export async function runOwnTests(tests: readonly OwnTest[]): Promise<Problem[]> {
  const files = tests.map(({ file }) => file)
  const failed: Failure[] = []
  let cases = 0
  for await (const { type, data } of run({ files, isolation: 'none', concurrency: false })) {
    if (type !== 'test:fail' && type !== 'test:pass') continue
    // A file that has no case passes as if it were one.
    if (data.details.type !== 'suite' && !files.includes(data.name)) cases++
    if (type === 'test:fail' && failureTypeOf(data) !== 'subtestsFailed') failed.push(data)
  }
  failed.push(...(await brokenFiles(files)).filter(({ name }) => !failed.some(failure => failure.name === name)))
  if (failed.length > 0) return Promise.all(failed.map(failure => explain(failure, tests)))
  if (cases > 0) return []
  return files.map(file => ({ file, line: 1, column: 1, what: 'the test', expected: 'at least one case', found: 'none' }))
}

/** What was thrown behind the first case of a file, which `run` does not tell: the module is there already, with its error. */
export async function brokenFiles(files: readonly string[]): Promise<Failure[]> {
  const failures = files.map(file =>
    import(pathToFileURL(file).href).then(
      () => [],
      error => [{ name: file, details: { error } }],
    ),
  )
  return (await Promise.all(failures)).flat()
}

function failureTypeOf({ details }: Failure): unknown {
  return 'failureType' in details.error ? details.error.failureType : undefined
}

interface Failure {
  readonly name: string
  /** The suite that it is part of: for `testPolicy`, the policy's name. */
  readonly classname?: string
  readonly details: { readonly error: Error & { readonly cause?: unknown } }
}

async function explain({ name, classname, details }: Failure, tests: readonly OwnTest[]): Promise<Problem> {
  const cause = details.error.cause ?? details.error
  const files = tests.flatMap(({ file, files }) => [file, ...files])
  const place = (await placeOf(cause, files)) ?? (await placeOfTitle(name, classname, tests))
  const isFile = files.includes(name)
  return { ...place, what: isFile ? 'the test' : nameFound(name), ...difference(cause) }
}

/** What was expected and found, where it was a comparison of two values. */
function difference(cause: unknown): Pick<Problem, 'expected' | 'found'> {
  const { actual, expected, code } = (cause ?? {}) as { actual?: unknown; expected?: unknown; code?: unknown }
  if (code === 'ERR_ASSERTION' && typeof actual === 'string' && typeof expected === 'string') {
    return { expected: nameFound(expected), found: nameFound(actual) }
  }
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return {
    expected: 'a test that passes',
    found: text
      .split(/\s*\n\s*/)
      .join(' ')
      .slice(0, longest),
  }
}

const longest = 300

/** `testPolicy` runs the scenarios, so that no line of the test itself is to be seen in an error: but their titles stand there. */
async function placeOfTitle(title: string, suite: string | undefined, tests: readonly OwnTest[]) {
  const [first, ...others] = tests.toSorted((a, b) => Number(isOf(b, suite)) - Number(isOf(a, suite)))
  for (const { file } of [first, ...others].flatMap(test => test ?? [])) {
    const text = await readFile(file, 'utf8').catch(() => '')
    const at = text.indexOf(title)
    if (at >= 0) return { file, ...positionIn(text, at) }
  }
  return { file: first?.file ?? '', line: 1, column: 1 }
}

function isOf({ file }: OwnTest, suite: string | undefined): boolean {
  return basename(file).split('.')[0] === suite
}

function positionIn(text: string, at: number): Position {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
