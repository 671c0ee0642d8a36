import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { FileWatch } from '../../src/cli/file-watch.ts'

async function watching(t: TestContext, timings: { readonly lookMs?: number; readonly settleMs?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-watch-'))
  const file = join(folder, 'lists/deny.txt')
  await mkdir(join(folder, 'lists'))
  await writeFile(file, '192.0.2.1\n')
  const news = new EventTarget()
  let count = 0
  const watch = new FileWatch(() => {
    count++
    news.dispatchEvent(new Event('change'))
  }, timings)
  watch.follow([file])
  // The watch does not keep a process alive: something else must.
  const alive = setInterval(() => {}, 1000)
  t.after(async () => {
    clearInterval(alive)
    watch.follow([])
    await rm(folder, { recursive: true })
  })
  const noticed = () => once(news, 'change', { signal: AbortSignal.timeout(10_000) })
  return { folder, file, watch, noticed, count: () => count }
}

describe('a file that counts', { concurrency: true }, () => {
  it('is noticed when it is written', async t => {
    const { file, noticed } = await watching(t, { lookMs: 60_000 })
    const change = noticed()
    await writeFile(file, '192.0.2.2\n')
    await change
  })

  it('is noticed when an editor puts another in its place', async t => {
    const { file, noticed } = await watching(t, { lookMs: 60_000 })
    for (const _ of [1, 2]) {
      const change = noticed()
      await writeFile(`${file}.swp`, '192.0.2.2\n')
      await rename(`${file}.swp`, file)
      await change
    }
  })

  it('is told once, when what is written in steps has come to rest', async t => {
    const { file, noticed, count } = await watching(t, { lookMs: 60_000, settleMs: 300 })
    const change = noticed()
    for (const text of ['', '192.0.2.2\n', '192.0.2.2\n192.0.2.3\n']) await writeFile(file, text)
    await change
    assert.equal(count(), 1)
  })

  it('is noticed when its folder vanishes, and when it comes back', async t => {
    const { folder, file, noticed } = await watching(t, { lookMs: 50 })
    const gone = noticed()
    await rename(join(folder, 'lists'), join(folder, 'elsewhere'))
    await gone
    const back = noticed()
    await mkdir(join(folder, 'lists'))
    await writeFile(file, '192.0.2.2\n')
    await back
    const changed = noticed()
    await writeFile(file, '192.0.2.3\n')
    await changed
  })

  it('is no news when it was about to be read anyway', async t => {
    const { folder, file, watch, noticed, count } = await watching(t, { lookMs: 60_000 })
    await writeFile(file, '192.0.2.2\n')
    watch.note()
    watch.follow([file, join(folder, 'lists/other.txt')])
    const change = noticed()
    await writeFile(join(folder, 'lists/other.txt'), 'it comes into being\n')
    await change
    assert.equal(count(), 1)
  })
})
