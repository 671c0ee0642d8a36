import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { tryOut } from '../../src/cli/trial/trial.ts'
import { findConfiguration } from '../../src/config/find.ts'
import { namedPolicyFiles } from '../../src/config/named-policy-files.ts'
import { formatProblem } from '../../src/config/problem.ts'

const good = {
  'postern.yaml': `hostname: mx.our.example
listen: [{ address: "127.0.0.1:2525" }]
relay: { our.example: { to: "maildir:mail" } }
rules: [{ use: ./mine.ts }, { use: dnsbl }]
`,
  'mine.ts': `import { definePolicy, reject } from 'postern'
export default definePolicy({ name: 'mine', phase: 'rcpt', summary: 'Mine.', reasons: { no: ['7.1', 'No'] }, judge: () => reject('no') })
`,
  'mine.test.ts': `import { testPolicy } from 'postern/testing'
import mine from './mine.ts'
testPolicy(mine, {
  'nobody passes': { expect: 'reject no' },
})
`,
}

/** A configuration with a policy and its test, some of them changed, tried out. */
async function tryWith(t: TestContext, changes: Readonly<Record<string, string>>, withinMs = 30_000) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-trial-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [file, text] of Object.entries({ ...good, ...changes })) if (text !== '') await writeFile(join(folder, file), text)
  const source = await findConfiguration(join(folder, 'postern.yaml'))
  assert.ok('value' in source)
  const how = { signal: new AbortController().signal, policies: namedPolicyFiles(source.value), withinMs }
  const again = (passed: readonly string[]) => tryOut({ source: source.value, passed }, how)
  const { problems, passed, files } = await again([])
  return {
    problems: problems.map(problem => formatProblem(problem).replaceAll(`${folder}/`, '')),
    files: files.map(file => file.replace(`${folder}/`, '')),
    passed,
    again,
    folder,
  }
}

describe('a trial', { concurrency: 2 }, () => {
  it('finds nothing wrong with a policy whose test passes', async t => {
    const { problems, files } = await tryWith(t, {})
    assert.deepEqual(problems, [])
    assert.deepEqual(files, ['mine.ts', 'mine.test.ts'])
  })

  it('does not run a test again that has passed, unless the policy or the test has changed', async t => {
    // It passes once only.
    const test = `${good['mine.test.ts']}
import { writeFileSync } from 'node:fs'
writeFileSync(new URL('ran.txt', import.meta.url), 'x', { flag: 'wx' })
`
    const { problems, passed, again, folder } = await tryWith(t, { 'mine.test.ts': test })
    assert.deepEqual(problems, [])
    assert.deepEqual((await again(passed)).problems, [])
    await writeFile(join(folder, 'mine.ts'), `${good['mine.ts']}\n`)
    assert.match(formatProblem((await again(passed)).problems[0] ?? assert.fail()), /mine\.test\.ts:\d+:\d+: .*EEXIST/)
  })

  it('tells where a test fails, and how', async t => {
    const { problems } = await tryWith(t, { 'mine.test.ts': good['mine.test.ts'].replace('reject no', 'pass') })
    assert.deepEqual(problems, ['mine.test.ts:4:4: "nobody passes": expected "pass", found "reject no"'])
  })

  it('wants every reason to be reached', async t => {
    const policy = good['mine.ts'].replace("no: ['7.1', 'No']", "no: ['7.1', 'No'], never: ['7.1', 'No']")
    const { problems } = await tryWith(t, { 'mine.ts': policy })
    assert.match(problems[0] ?? '', /^mine\.test\.ts:1:1: "reaches every reason it declares": .* no scenario comes to: never$/)
  })

  it('tells where a policy breaks', async t => {
    const policy = good['mine.ts'].replace("reject('no')", '{\n  throw new Error("oh") }')
    assert.equal(
      (await tryWith(t, { 'mine.ts': policy })).problems[0],
      'mine.ts:3:9: "nobody passes": expected a test that passes, found Error: oh',
    )
  })

  it('wants a test to have a case', async t => {
    const { problems } = await tryWith(t, { 'mine.test.ts': '// later\n' })
    assert.deepEqual(problems, ['mine.test.ts:1:1: the test: expected at least one case, found none'])
  })

  it('does without a test', async t => {
    const { problems, files } = await tryWith(t, { 'mine.test.ts': '' })
    assert.deepEqual(problems, [])
    assert.ok(files.includes('mine.test.ts'), 'it counts as soon as it is written')
  })

  it('survives what hangs, crashes or ends the process', async t => {
    const harm = async (file: 'mine.ts' | 'mine.test.ts', code: string, withinMs = 3000) =>
      (await tryWith(t, { [file]: good[file] + code }, withinMs)).problems.join('\n')
    assert.equal(
      await harm('mine.ts', 'for (;;) {}'),
      'mine.ts:1:1: the trial: expected a policy that loads, found no end within 3 s',
    )
    assert.match(await harm('mine.test.ts', 'for (;;) {}'), /the trial: expected .*, found no end within 3 s$/)
    const ended = 'the trial: expected a test that comes to its end, found a process that ended with exit code 3'
    assert.equal(await harm('mine.test.ts', 'process.exit(3)', 30_000), `mine.test.ts:1:1: ${ended}`)
  })
})
