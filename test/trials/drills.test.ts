import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../peers/support/run.ts'

test('every drill ends well', async () => {
  const { code, output } = await run(process.execPath, [join(import.meta.dirname, '../drills/run.ts')], { timeoutMs: 600_000 })
  assert.equal(code, 0, output)
})
