import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { builtInNames, loadPolicy } from '../../src/config/policies.ts'
import { importPolicy, policyFilesSeen } from '../../src/config/policy-modules.ts'

const policy = (name: string) => `
import { definePolicy, pass } from 'postern'
import { reverseDns } from 'postern/facts'
const phase: 'connect' = 'connect'
export default definePolicy({ name: '${name}', phase, summary: 'Mine.', facts: () => ({ reverseDns }), judge: () => pass() })
`

describe('policies', () => {
  let folder = ''
  before(async () => {
    // Outside the repository: there is no node_modules anywhere above.
    folder = await mkdtemp(join(tmpdir(), 'postern-policies-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function load(file: string, code: string) {
    await writeFile(join(folder, file), code)
    const loaded = await loadPolicy(`./${file}`, folder)
    if ('policy' in loaded) return loaded.policy.name
    const place = loaded.place && `${relative(folder, loaded.place.file)}:${loaded.place.line}:${loaded.place.column}: `
    return `${place ?? ''}${loaded.expected}; ${loaded.found?.replaceAll(folder, '')}`
  }

  it('that come with Postern all load by their names', async () => {
    const names = await builtInNames()
    assert.ok(names.length >= 9)
    for (const name of names) {
      const loaded = await loadPolicy(name, '.')
      assert.equal('policy' in loaded && loaded.policy.name, name)
    }
  })

  it("of the administrator may lie anywhere, and import 'postern' and 'postern/facts'", async () => {
    assert.equal(await load('mine.ts', policy('mine')), 'mine')
  })

  it('that were edited since are loaded anew', async () => {
    assert.equal(await load('edited.ts', policy('before')), 'before')
    await writeFile(join(folder, 'edited.ts'), policy('after'))
    await utimes(join(folder, 'edited.ts'), 1, 1)
    const loaded = await loadPolicy('./edited.ts', folder)
    assert.equal('policy' in loaded && loaded.policy.name, 'after')
  })

  it('are loaded anew with a file that they import', async () => {
    const rule = `import { word } from './words/word.ts'\n${policy('x').replace("name: 'x'", 'name: word')}`
    await mkdir(join(folder, 'words'))
    await writeFile(join(folder, 'words/word.ts'), "export { word } from './deep.ts'\n")
    await writeFile(join(folder, 'words/deep.ts'), "export const word = 'before'\n")
    assert.equal(await load('imports.ts', rule), 'before')
    await writeFile(join(folder, 'words/deep.ts'), "export const word = 'afterwards'\n")
    const loaded = await loadPolicy('./imports.ts', folder)
    assert.ok('policy' in loaded)
    assert.equal(loaded.policy.name, 'afterwards')
    const files = ['imports.ts', 'words/word.ts', 'words/deep.ts']
    assert.deepEqual(
      loaded.files.map(file => relative(folder, file)),
      files,
    )
  })

  it('share what they import, and are not loaded again without a change', async () => {
    await writeFile(join(folder, 'shared.ts'), 'export const shared = {}\n')
    const sharing = `export { shared } from './shared.ts'\n`
    for (const file of ['one.ts', 'two.ts']) await load(file, `${sharing}${policy('mine')}`)
    const [one, two, again] = [
      await importPolicy(join(folder, 'one.ts')),
      await importPolicy(join(folder, 'two.ts')),
      await importPolicy(join(folder, 'one.ts')),
    ]
    assert.equal((one as { shared?: unknown }).shared, (two as { shared?: unknown }).shared)
    assert.equal(one, again)
  })

  it('that wait for ever for a file to come are mended by it', async () => {
    const code = `import { word } from './later.ts'\n${policy('x').replace("name: 'x'", 'name: word')}`
    assert.match(
      await load('early.ts', code),
      /^early\.ts:1:22: a policy file that loads; Error.*Cannot find module '\/later\.ts'/,
    )
    assert.ok(policyFilesSeen().includes(join(folder, 'later.ts')))
    await writeFile(join(folder, 'later.ts'), "export const word = 'there'\n")
    const loaded = await loadPolicy('./early.ts', folder)
    assert.equal('policy' in loaded && loaded.policy.name, 'there')
  })

  it('that are none are told with what was found', async () => {
    assert.equal(
      await load('none.ts', 'export const x = 1'),
      'none.ts:1:1: a module whose default export is a policy (definePolicy); none',
    )
    const missing = await loadPolicy('./missing.ts', folder)
    assert.deepEqual(missing, { expected: 'the path of a policy file', found: `no file ${join(folder, 'missing.ts')}` })
  })

  const broken: Readonly<Record<string, readonly [code: string, told: RegExp]>> = {
    'throws.ts': ['const a = 1\n\n  throw new Error("oh")', /^throws\.ts:3:9: a policy file that loads; Error: oh$/],
    'syntax.ts': ['export default {\n  judge: () => { return ) },\n}', /^syntax\.ts:2:25: .*; SyntaxError.*Expression expected$/],
    'types.ts': ['export enum A { B }', /^types\.ts:1:8: .*; SyntaxError.*enum is not supported/],
    'package.ts': [
      "import 'postern'\nimport 'no-such-package'",
      /^package\.ts:2:8: .*; Error.*Cannot find package 'no-such-package'/,
    ],
    'name.ts': [
      "import { pass,\n  nope } from 'postern'\npass(nope)",
      /^name\.ts:2:3: .*; SyntaxError: .*does not provide an export named 'nope'$/,
    ],
    'twice.ts': ["import 'postern'\nlet a: number = 1\nlet a = 2", /^twice\.ts:3:5: .*; SyntaxError: Identifier 'a' has already/],
    'deep.ts': ["import './throws.ts'", /^throws\.ts:3:9: a policy file that loads; Error: oh$/],
  }
  for (const [file, [code, told]] of Object.entries(broken)) {
    it(`that do not load are told with the place in the code: ${file}`, async () => assert.match(await load(file, code), told))
  }
})
