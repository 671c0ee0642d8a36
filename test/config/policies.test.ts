import assert from 'node:assert/strict'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { builtInNames, loadPolicy } from '../../src/config/policies.ts'

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
    return 'policy' in loaded ? loaded.policy.name : `${loaded.expected}; ${loaded.found?.replace(folder, '')}`
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

  it('that are none, or do not load, are told with what was found', async () => {
    assert.equal(
      await load('none.ts', 'export const x = 1'),
      'a module whose default export is a policy (definePolicy); none in /none.ts',
    )
    assert.equal(await load('throws.ts', 'throw new Error("oh")'), 'a policy file that loads; /throws.ts: Error: oh')
    assert.match(await load('wrong.ts', 'export default {'), /^a policy file that loads; \/wrong\.ts: SyntaxError/)
    assert.match(await load('foreign.ts', "import 'no-such-package'"), /^a policy file that loads; \/foreign\.ts: Error/)
    const missing = await loadPolicy('./missing.ts', folder)
    assert.deepEqual(missing, { expected: 'the path of a policy file', found: `no file ${join(folder, 'missing.ts')}` })
  })
})
