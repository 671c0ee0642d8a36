import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { cheapAccount } from '../../fixtures/accounts.ts'
import { parseAccounts } from '../../src/accounts/account-file.ts'
import { AccountsOnDisk } from '../../src/accounts/accounts-on-disk.ts'
import { editAccounts } from '../../src/accounts/edit-accounts.ts'

const client = { ip: '192.0.2.1', port: 1 }
const hash = `$scrypt$ln=10,r=8,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`

describe('a file of accounts', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-accounts-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('is for its owner only, and is taken anew when it changes', async () => {
    const file = join(folder, 'accounts')
    const trouble: string[] = []
    const accounts = await AccountsOnDisk.open(file, why => trouble.push(why))
    const attempt = { name: 'alice', password: 'secret', client }
    assert.deepEqual(await accounts.verify(attempt), { failure: 'refused' })
    assert.equal(accounts.hasKeys, false)
    const addresses = [{ local: 'alice', domain: 'our.example' }, { domain: '*.alice.example' }]
    await editAccounts(
      file,
      entries => void entries.set('alice', cheapAccount('alice', 'secret', 'alice@our.example', '*@*.alice.example')),
    )
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const answer = await accounts.verify(attempt)
    assert.ok('account' in answer)
    assert.deepEqual(answer.account.addresses, addresses)
    assert.deepEqual(await accounts.verify({ ...attempt, password: 'Secret' }), { failure: 'refused' })
    assert.equal(accounts.hasKeys, true)

    const good = await readFile(file, 'utf8')
    await writeFile(file, 'alice secret\n')
    assert.ok('account' in (await accounts.verify(attempt)))
    assert.match(trouble[0] ?? '', /accounts: line 1: expected a hash such as \$scrypt/)
    assert.doesNotMatch(trouble[0] ?? '', /secret/)
    await writeFile(file, `${good}bob ${hash} - -\n`)
    assert.ok('account' in (await accounts.verify(attempt)))
    assert.equal(accounts.hasKeys, false, 'not everybody has keys')
  })

  it('gives names that nobody has a salt of their own, always the same', async () => {
    const file = join(folder, 'with-keys')
    await editAccounts(file, entries => void entries.set('alice', cheapAccount('alice', 'secret')))
    const keysOf = async (name: string) => {
      const accounts = await AccountsOnDisk.open(file, assert.fail)
      const found = await accounts.keysOf(name)
      assert.ok('keys' in found)
      return found
    }
    const [alice, bob, again, carol] = [await keysOf('alice'), await keysOf('bob'), await keysOf('bob'), await keysOf('carol')]
    assert.equal(bob.account, undefined)
    assert.deepEqual(bob.keys, again.keys)
    assert.notDeepEqual(bob.keys.salt, carol.keys.salt)
    assert.deepEqual([bob.keys.iterations, bob.keys.salt.length], [alice.keys.iterations, alice.keys.salt.length])
  })

  it('is changed by one at a time, as a whole or not at all', async () => {
    const file = join(folder, 'locked')
    await editAccounts(file, entries => void entries.set('alice', cheapAccount('alice', 'secret')))
    await writeFile(`${file}.new`, '')
    assert.match((await editAccounts(file, () => undefined)) ?? '', /locked\.new is there/)
    await rm(`${file}.new`)
    const before = await readFile(file, 'utf8')
    assert.equal(await editAccounts(file, () => 'no'), 'no')
    await assert.rejects(editAccounts(file, () => Promise.reject(new Error('broken'))))
    assert.equal(await readFile(file, 'utf8'), before)
    await chmod(file, 0o600)
  })

  it('says where it is wrong, and never what stands there', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['# fine\n\nalice', /^line 3: expected a hash/],
      [`alice ${hash} x -`, /^line 1: expected keys such as SCRAM/],
      [`alice ${hash} - nobody`, /^line 1: expected addresses/],
      [`alice ${hash} - a@b.example c@d.example`, /^line 1: expected addresses/],
      [`alice ${hash} - -\nAlice ${hash} - -`, /^line 2: expected each account once, found alice again/],
    ]
    for (const [text, told] of wrong) assert.match(String(parseAccounts(text)), told)
  })
})
