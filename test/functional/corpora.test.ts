import assert from 'node:assert/strict'
import { type Dirent, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { below, send, startGateway } from './gateway.ts'

const corpora = join(import.meta.dirname, '../../../shared/corpora')
const skip = existsSync(corpora) ? false : 'the corpora are not on this machine'

/** How a client that reads a file would send it: every line end is CRLF, NUL is left out. */
function asMail(bytes: Buffer): Buffer {
  const text = bytes
    .toString('latin1')
    .replaceAll('\0', '')
    .replaceAll(/\r\n|\r|\n/g, '\r\n')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

/** All of them where there is time: `CI=true npm test`. Elsewhere every eighth, so that the tests take less than a minute. */
function filesOf(folder: string): Dirent[] {
  const files = globSync(`${folder}/**/*`, { cwd: corpora, withFileTypes: true }).filter(entry => entry.isFile())
  return process.env.CI ? files : files.filter((_, index) => index % 8 === 0)
}

const limits = 'limits: { greetDelayMs: 0, newPerMinute: 100000 }'

for (const folder of ['mime', 'realworld']) {
  it(`SRV-18: every message of corpora/${folder} arrives as it was sent, in bounded memory`, {
    skip,
    timeout: 60_000,
  }, async () => {
    await using gateway = await startGateway({ limits })
    const files = filesOf(folder)
    assert.ok(files.length > 30)
    let client = await gateway.client()
    for (const [index, entry] of files.entries()) {
      if (index % 50 === 49) {
        client.leave()
        client = await gateway.client()
      }
      const content = asMail(readFileSync(join(entry.parentPath, entry.name)))
      const { data } = await send(client, { content })
      // A field of more lines than the limit is the one thing that is refused.
      if (data?.code === 554) continue
      assert.equal(data?.code, 250, entry.name)
      assert.ok(below(gateway.nextHop.messages.at(-1)?.content, content.length).equals(content), entry.name)
    }
    assert.ok(gateway.nextHop.messages.length >= files.length * 0.95, `${gateway.nextHop.messages.length} of ${files.length}`)
    assert.ok(process.memoryUsage().rss < 600 * 1024 * 1024)
  })

  it(`no file of corpora/${folder}, sent raw, breaks the gateway`, { skip, timeout: 60_000 }, async () => {
    await using gateway = await startGateway({ limits })
    for (const entry of filesOf(folder)) {
      const content = readFileSync(join(entry.parentPath, entry.name))
      const client = await gateway.client()
      const { data } = await send(client, { content })
      client.leave()
      const bare = /\r(?!\n)|(?<!\r)\n|\0/.test(content.toString('latin1'))
      assert.ok(
        bare ? [550, 554].includes(data?.code ?? 0) : [250, 554].includes(data?.code ?? 0),
        `${entry.name}: ${data?.code} ${data?.text}`,
      )
    }
  })
}
