import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { FileWatch } from '../../src/cli/file-watch.ts'

it('a list file that changes, or is replaced, is noticed', { timeout: 5000 }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-watch-'))
  const file = join(folder, 'deny.txt')
  await writeFile(file, '192.0.2.1\n')
  const changed = Promise.withResolvers<void>()
  const watch = new FileWatch(changed.resolve, 20)
  // The watch does not keep a process alive: something else must.
  const alive = setInterval(() => void writeFile(file, `192.0.2.2 # ${Math.random()}\n`), 100)
  t.after(async () => {
    clearInterval(alive)
    watch.follow([])
    await rm(folder, { recursive: true })
  })
  watch.follow([file])
  await changed.promise
})
