import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { readAccounts } from '../../src/accounts/accounts-on-disk.ts'
import { fits } from '../../src/accounts/password-hash.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

it('accounts come and go by `postern account`, and a password is never on the command line', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-account-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(
    join(folder, 'postern.yaml'),
    'hostname: mx.our.example\ndata: data\nlisten: [{ address: "127.0.0.1:0", as: submission }]\nrelay: { our.example: { to: "maildir:mail" } }\nrules: [{ use: breaker, as: submission }]\n',
  )
  const account = async (input: string, ...args: readonly string[]) => {
    const child = spawn(process.execPath, [main, 'account', ...args], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const [code] = await once(child, 'close', { signal: AbortSignal.timeout(60_000) })
    return { code, said: Buffer.concat(said).toString() }
  }
  const file = join(folder, 'data/accounts')
  assert.equal((await account('secret\n', 'add', 'Alice@our.example', '--address', '*@alice.example')).code, 0)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.doesNotMatch(await readFile(file, 'utf8'), /secret$/m)
  const listed = JSON.parse((await account('', 'list', '--json')).said)
  assert.deepEqual(listed, [{ name: 'alice@our.example', addresses: ['*@alice.example'], scram: true }])

  assert.match((await account('again\n', 'add', 'alice@our.example')).said, /there is such an account already/)
  assert.match((await account('x\n', 'add', 'bob', '--address', 'nobody')).said, /--address: expected an address/)
  assert.match((await account('', 'add', 'bob')).said, /expected a password on standard input/)
  assert.equal((await account('new\n', 'password', 'alice@our.example')).code, 0)
  const kept = (await readAccounts(file)).entries.get('alice@our.example')
  assert.ok(kept && (await fits('new', kept.password)))

  assert.match((await account('', 'release', 'alice@our.example')).said, /no store yet/)
  assert.equal((await account('', 'remove', 'alice@our.example')).code, 0)
  const { code, said } = await account('', 'remove', 'alice@our.example')
  assert.deepEqual([code, said], [1, 'alice@our.example: there is no such account\n'])
})
