import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLog } from '../../src/report/log.ts'
import { trace } from './trace.ts'

describe('the log', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-log-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function written(name: string, options: { readonly pretty: boolean }): Promise<string[]> {
    const file = join(folder, name)
    const to = openSync(file, 'w')
    const log = openLog({ ...options, to })
    log.info({ port: 25 }, 'listening')
    log.transaction(trace())
    log.error({ why: 'x\x1b[2J' }, 'broken\nhere')
    log.flush()
    closeSync(to)
    return (await readFile(file, 'utf8')).trimEnd().split('\n')
  }

  it('has one JSON line for each transaction, which is its trace', async () => {
    const lines = (await written('log.json', { pretty: false })).map(line => JSON.parse(line))
    const { level, time, msg, ...rest } = lines[1]
    assert.deepEqual(rest, trace())
    assert.deepEqual([level, msg, typeof time], ['info', 'transaction', 'string'])
    assert.deepEqual([lines[0].port, lines[2].level], [25, 'error'])
  })

  it('has one line each for people, without a raw control character', async () => {
    const lines = await written('log.txt', { pretty: true })
    assert.equal(lines.length, 3)
    assert.match(lines[0] ?? '', /INFO: listening port=25$/)
    assert.match(lines[1] ?? '', /<ann@sender\.example> → <bob@our\.example> DELIVERED/)
    assert.match(lines[2] ?? '', /ERROR: broken\\u\{a\}here why=x\\u\{1b\}\[2J$/)
  })

  it('that cannot be written loses lines and stops nothing', () => {
    const script = `
      import { openLog } from ${JSON.stringify(join(import.meta.dirname, '../../src/report/log.ts'))}
      const log = openLog({ pretty: process.argv[1] === 'pretty' })
      for (let line = 0; line < 50; line++) log.info({ line }, 'x'.repeat(1000))
      await new Promise(resolve => setTimeout(resolve, 50))
      for (let line = 0; line < 50; line++) log.info({ line }, 'x'.repeat(1000))
      log.flush()
      process.stderr.write('still here')
    `
    for (const form of ['json', 'pretty']) {
      const args = ['-o', 'pipefail', '-c', `"$0" --input-type=module -e "$1" ${form} | true`, process.execPath, script]
      const { stderr, status } = spawnSync('bash', args, { encoding: 'utf8' })
      assert.deepEqual([stderr, status], ['still here', 0], form)
    }
  })
})
