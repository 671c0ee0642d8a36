import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'

const top = join(import.meta.dirname, '../..')
const main = join(top, 'src/cli/main.ts')

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-policy-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function postern(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, 'policy', ...args, '--folder', folder], { cwd: folder })
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { out, errors, code }
}

describe('a policy of one’s own', { concurrency: 2 }, () => {
  it('begins with a policy, a test that passes, settings for an editor, and three commands', async t => {
    const folder = await folderFor(t)
    const { out, code } = await postern(folder, 'new', 'shouting')
    assert.equal(code, 0)
    assert.deepEqual((await readdir(folder)).sort(), ['shouting.test.ts', 'shouting.ts', 'tsconfig.json'])
    assert.match(out, /^npx tsc -p .*\n^npx postern policy test shouting.*\n^npx postern check$/m)
    const { out: tested, errors, code: outcome } = await postern(folder, 'test', 'shouting')
    assert.equal(outcome, 0, errors)
    assert.match(tested, /a shouted subject gets points/)
    assert.equal(errors, '')
    for (const file of ['shouting.ts', 'shouting.test.ts']) {
      const shown = await readFile(join(top, 'docs/examples/policies', file), 'utf8')
      assert.equal(await readFile(join(folder, file), 'utf8'), shown, 'the guide shows the same')
    }
  })

  const refused: Readonly<Record<string, RegExp>> = {
    Shouting: /^postern policy new: expected a name of lower-case letters, digits and hyphens, .*, found "Shouting"\n$/,
    '../mine': /found "\.\.\/mine"/,
    dnsbl: /expected a name that no built-in policy has, found "dnsbl"/,
  }
  for (const [name, why] of Object.entries(refused)) {
    it(`cannot be called ${name}`, async t => {
      const { errors, code } = await postern(await folderFor(t), 'new', name)
      assert.equal(code, 2)
      assert.match(errors, why)
    })
  }

  it('is never written in place of another file; nor are the settings', async t => {
    const folder = await folderFor(t)
    await writeFile(join(folder, 'mine.test.ts'), 'a day’s work')
    const { errors, code } = await postern(folder, 'new', 'mine')
    assert.equal(code, 2)
    assert.ok(errors.includes(`found ${join(folder, 'mine.test.ts')}, which is there already`), errors)
    await writeFile(join(folder, 'tsconfig.json'), '{}')
    assert.equal((await postern(folder, 'new', 'other')).code, 0)
    assert.deepEqual((await readdir(folder)).sort(), ['mine.test.ts', 'other.test.ts', 'other.ts', 'tsconfig.json'])
    assert.equal(await readFile(join(folder, 'tsconfig.json'), 'utf8'), '{}')
  })

  it('is told by its test where it fails', async t => {
    const folder = await folderFor(t)
    await postern(folder, 'new', 'mine')
    const file = join(folder, 'mine.test.ts')
    await writeFile(file, (await readFile(file, 'utf8')).replace('score 5', 'score 6'))
    const { out, code } = await postern(folder, 'test', 'mine', '--json')
    assert.equal(code, 1)
    assert.deepEqual(JSON.parse(out).problems, [
      { file, line: 10, column: 4, what: '"as many as we say"', expected: '"score 6 shouting"', found: '"score 5 shouting"' },
    ])
    const all = await postern(folder, 'test')
    assert.equal(all.code, 1)
    assert.match(all.out, /✖ as many as we say/)
  })

  it('needs a test to be tested', async t => {
    const folder = await folderFor(t)
    const { errors, code } = await postern(folder, 'test')
    assert.equal(code, 2)
    assert.match(errors, /expected a test, such as .*mine\.test\.ts, found none/)
    assert.match((await postern(folder, 'test', 'nobody')).errors, /found no .*nobody\.test\.ts/)
  })
})
