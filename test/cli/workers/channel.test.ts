import assert from 'node:assert/strict'
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Channel } from '../../../src/cli/workers/channel.ts'

const channelFile = pathToFileURL(join(import.meta.dirname, '../../../src/cli/workers/channel.ts')).href

/** A process at the other end, which does what this code says. */
async function other(t: TestContext, code: string): Promise<Channel> {
  const file = join(tmpdir(), `postern-channel-${process.pid}-${Math.random()}.mjs`)
  await writeFile(file, `import { Channel } from '${channelFile}'\nconst channel = new Channel(process)\n${code}\n`)
  const child = fork(file)
  t.after(() => child.kill('SIGKILL'))
  const channel = new Channel(child)
  await new Promise<void>(resolve => channel.on('here', resolve))
  return channel
}

it('an answer comes, a failure comes as one, and silence ends at the deadline', async t => {
  const channel = await other(
    t,
    `channel.on('double', async number => 2 * number)
    channel.on('break', () => { throw new Error('broken') })
    channel.on('silence', () => new Promise(() => {}))
    channel.tell('here')`,
  )
  assert.equal(await channel.ask('double', 21, 5000), 42)
  await assert.rejects(channel.ask('break', undefined, 5000), /^Error: broken$/)
  await assert.rejects(channel.ask('no such topic', undefined, 5000), /nobody knows/)
  await assert.rejects(channel.ask('silence', undefined, 20), /no answer to "silence" within 20 ms/)
})

it('who is gone answers nothing, and is told nothing', async t => {
  const channel = await other(t, `channel.on('leave', () => process.exit(0))\nchannel.tell('here')`)
  await assert.rejects(channel.ask('leave', undefined, 5000), /gone/)
  await assert.rejects(channel.ask('leave', undefined, 5000), /nobody is there/)
  channel.tell('leave')
})

it('a worker without a primary says who starts it', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../src/cli/main.ts'), 'worker'])
  const errors = await text(child.stderr)
  assert.deepEqual([errors, child.exitCode ?? (await once(child, 'exit'))[0]], ['postern worker is started by postern run\n', 2])
})
