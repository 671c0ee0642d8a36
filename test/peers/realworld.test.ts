import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { page } from '../../scripts/realworld/page.ts'
import { defaultRules, type Replayed, replayAll } from '../../scripts/realworld/replay.ts'
import { hasCorpus, type RecordedSession } from '../../scripts/realworld/sessions.ts'
import { parseAddress } from '../../src/mail/address.ts'

describe('real mail and the default set', { skip: !hasCorpus && 'needs ../shared/corpora/realworld' }, () => {
  test('no ham is refused or quarantined, and docs/realworld.md is up to date', async () => {
    const results = await replayAll({ rules: await defaultRules(), mode: 'enforce' })
    const lost = results.filter(({ session, fate }) => session.label === 'ham' && (fate === 'refused' || fate === 'quarantined'))
    assert.deepEqual(lost.map(inShort), [])
    assert.equal(await readFile(new URL('../../docs/realworld.md', import.meta.url), 'utf8'), page(results))
  })

  test('SPF and DMARC find what the receivers of the time had found', async t => {
    const results = await replayAll({ rules: '- use: dmarc', mode: 'observe' })
    const compared = { spf: 0, dmarc: 0 }
    const differences: string[] = []
    for (const result of results) {
      for (const method of ['spf', 'dmarc'] as const) {
        const expected = result.session.expect[method]
        if (expected === undefined || !isTransportable(result.session)) continue
        compared[method]++
        if (result[method] !== expected)
          differences.push(`${inShort(result)}: expected ${method}=${expected}, found ${result[method]}`)
      }
    }
    assert.deepEqual(differences, [])
    assert.ok(compared.spf > 200 && compared.dmarc > 70, JSON.stringify(compared))
    t.diagnostic(`${compared.spf} results of SPF and ${compared.dmarc} of DMARC`)
  })
})

/** One sender of the corpus is no address, and no server of ours takes it. */
function isTransportable({ mail_from: sender }: RecordedSession): boolean {
  return !sender || parseAddress(sender) !== undefined
}

function inShort({ session, fate, cause }: Replayed): string {
  return `${session.file} ${fate} ${cause}`
}
