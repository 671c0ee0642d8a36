import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteQueue } from '../../src/queue/sqlite/sqlite-queue.ts'
import { folderFor, letter, mail } from '../queue/stage.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const patience = 60_000

async function postern(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, 'queue', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', chunk => output.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(patience) })
  return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }
}

/** A folder with a configuration, and a queue that somebody else has open. */
async function folderWithQueue(t: TestContext) {
  const folder = folderFor(t)
  writeFileSync(
    join(folder, 'postern.yaml'),
    'hostname: mx.our.example\nlisten: [{ address: "127.0.0.1:0" }]\nrelay: { our.example: { to: "maildir:mail" } }\nrules: []\n',
  )
  mkdirSync(join(folder, 'data'))
  const store = await openSqliteQueue(join(folder, 'data/queue'))
  t.after(() => store.close())
  return { folder, store }
}

describe('postern queue', { concurrency: 2 }, () => {
  it('lists, shows, holds, retries and deletes while others use the queue', async t => {
    const { folder, store } = await folderWithQueue(t)
    const [first, second] = [mail('bob@a.example'), mail('eve@b.example')]
    await store.add(first, letter)
    await store.add(second, letter)
    const list = await postern(folder, 'list', '--json')
    assert.equal(list.code, 0)
    assert.deepEqual(
      JSON.parse(list.output).map(({ id, recipient, state }: Record<string, string>) => [id, recipient, state]),
      [
        [first.id, 'bob@a.example', 'waiting'],
        [second.id, 'eve@b.example', 'waiting'],
      ],
    )
    const show = await postern(folder, 'show', first.id)
    assert.match(show.output, /ann@our\.example -> bob@a\.example {2}waiting[\s\S]*subject: Lunch\n/)
    assert.match((await postern(folder, 'hold', first.id)).output, /^1 recipients held\n/)
    assert.match((await postern(folder, 'list', '--state', 'held')).output, /bob@a\.example {2}held/)
    assert.equal((await postern(folder, 'retry', '--recipient', 'a.example')).code, 0)
    const refused = await postern(folder, 'delete', '--all')
    assert.deepEqual([refused.code, refused.errors], [1, 'Nothing is deleted\n'])
    assert.match((await postern(folder, 'delete', '--yes', '--sender', 'ann@our.example')).output, /^2 recipients deleted\n/)
    assert.match((await postern(folder, 'list')).output, /^Nothing waits\.\n$/)
  })

  it('leaves alone what is being delivered, and says so', async t => {
    const { folder, store } = await folderWithQueue(t)
    await store.add(mail('bob@a.example'), letter)
    assert.equal((await store.claim({ owner: 'somebody', leaseMs: 600_000, most: 1, mostPerDomain: 1 })).length, 1)
    const deleted = await postern(folder, 'delete', '--all', '--yes')
    assert.deepEqual([deleted.code, /1 are being delivered/.test(deleted.output)], [1, true])
    assert.equal((await store.counts()).messages, 1)
  })

  it('says what it needs', async t => {
    const { folder } = await folderWithQueue(t)
    const [vague, state, unknown] = await Promise.all([
      postern(folder, 'retry'),
      postern(folder, 'list', '--state', 'lost'),
      postern(folder, 'show', 'NOSUCH'),
    ])
    assert.deepEqual([vague.code, state.code, unknown.code], [2, 2, 1])
    assert.match(vague.errors, /Which messages\?/)
    assert.match(state.errors, /expected waiting, delivering, held, found "lost"/)
    assert.match(unknown.errors, /no message NOSUCH/)
  })
})
