import assert from 'node:assert/strict'
import { type Dirent, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { send, startGateway } from './gateway.ts'

const corpora = join(import.meta.dirname, '../../../shared/corpora')
const skip = existsSync(corpora) ? false : 'the corpora are not on this machine'

/** All of them where there is time: `CI=true npm test`. Elsewhere every eighth, so that the tests take less than a minute. */
function filesOf(folder: string): Dirent[] {
  const files = globSync(`${folder}/**/*`, { cwd: corpora, withFileTypes: true }).filter(entry => entry.isFile())
  return process.env.CI ? files : files.filter((_, index) => index % 8 === 0)
}

const limits = 'limits: { greetDelayMs: 0, newPerMinute: 100000 }'

for (const folder of ['mime', 'realworld']) {
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
