import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareOne } from './by-mailauth.ts'
import { signedMail } from './signed-mail.ts'
import { writtenAt } from './signing.ts'

describe('signatures that we verify ourselves', () => {
  it('are worth what they are worth for mailauth, whatever has become of them', async () => {
    const seen = { usual: 0, passed: 0 }
    await fc.assert(
      fc.asyncProperty(signedMail, fc.array(fc.nat(), { maxLength: 3 }), async ({ content, records }, cuts) => {
        const { isUsual, passed } = await compareOne({ content, records, cuts, now: writtenAt })
        if (isUsual) seen.usual++
        if (isUsual && passed > 0) seen.passed++
      }),
      { numRuns: 200 },
    )
    // Else nothing of it would be about ours.
    assert.ok(seen.usual > 50 && seen.passed > 15, JSON.stringify(seen))
  })
})
