import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { it } from 'node:test'
import { trace } from './trace.ts'

const source = JSON.stringify(join(import.meta.dirname, '../../src/report/log.ts'))

/** What a process writes that logs some lines and ends. */
function written({ pretty }: { readonly pretty: boolean }): string[] {
  const script = `
    import { openLog } from ${source}
    const log = openLog({ pretty: ${pretty} })
    log.info({ port: 25 }, 'listening')
    log.transaction(${JSON.stringify(trace())})
    log.error({ why: 'x\\x1b[2J' }, 'broken\\nhere')
    await log.close()
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return stdout.trimEnd().split('\n')
}

it('each transaction is one JSON line, which is its trace', () => {
  const lines = written({ pretty: false }).map(line => JSON.parse(line))
  // What is flushed at the end may overtake what is being written.
  const { level, time, msg, ...rest } = lines.find(({ msg }) => msg === 'transaction')
  assert.deepEqual(rest, trace())
  assert.deepEqual([level, msg, typeof time], ['info', 'transaction', 'string'])
  assert.equal(lines.length, 3)
  assert.deepEqual([lines.some(({ port }) => port === 25), lines.some(({ level }) => level === 'error')], [true, true])
})

it('each line for people is one line, without a raw control character', () => {
  const lines = written({ pretty: true })
  assert.equal(lines.length, 3)
  assert.match(lines[0] ?? '', /INFO: listening port=25$/)
  assert.match(lines[1] ?? '', /<ann@sender\.example> → <bob@our\.example> DELIVERED/)
  assert.match(lines[2] ?? '', /ERROR: broken\\u\{a\}here why=x\\u\{1b\}\[2J$/)
})

it('a log that cannot be written loses lines and stops nothing', () => {
  const script = `
    import { openLog } from ${source}
    const log = openLog({ pretty: process.argv[1] === 'pretty' })
    for (let line = 0; line < 100; line++) log.info({ line }, 'x'.repeat(1000))
    await new Promise(resolve => setImmediate(resolve))
    log.info({}, 'again')
    await log.close()
    process.stderr.write('still here')
  `
  for (const form of ['json', 'pretty']) {
    const args = ['-o', 'pipefail', '-c', `"$0" --input-type=module -e "$1" ${form} | true`, process.execPath, script]
    const { stderr, status } = spawnSync('bash', args, { encoding: 'utf8' })
    assert.deepEqual([stderr, status], ['still here', 0], form)
  }
})

it('a log that nobody reads keeps nobody from ending', async t => {
  const script = `
    process.stdout.on('error', () => {}) // as the command line does: it makes a pipe one that does not block
    import { openLog } from ${source}
    const log = openLog({ pretty: false })
    for (let line = 0; line < 1000; line++) log.info({ line }, 'x'.repeat(1000))
    await log.close()
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(20_000) }), [0, null])
})
