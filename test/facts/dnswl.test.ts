import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dnswl } from 'postern/facts'
import { findFact, type ZoneEntry, zoneDns } from 'postern/testing'

const find = (entry: ZoneEntry = {}) => findFact(dnswl('wl.example'), {}, zoneDns({ '1.2.0.192.wl.example': entry }))

describe('dnswl', () => {
  it('reads how far the list trusts a client, and what kind of owner it has', async () => {
    const levels = [
      ['127.0.3.0', 'none', 3],
      ['127.0.5.1', 'low', 5],
      ['127.0.11.2', 'medium', 11],
      ['127.0.20.3', 'high', 20],
    ] as const
    for (const [code, trust, category] of levels) {
      assert.deepEqual(await find({ A: [code] }), { status: 'listed', codes: [code], proven: false, trust, category })
    }
  })

  it('believes the code with the least trust', async () => {
    const { trust, category } = await find({ A: ['127.0.5.3', '127.0.9.1'] })
    assert.deepEqual([trust, category], ['low', 9])
  })

  it('reads no trust into other codes', async () => {
    for (const code of ['127.0.0.4', '127.1.5.3', '127.0.5.30']) {
      assert.deepEqual(await find({ A: [code] }), { status: 'listed', codes: [code], proven: false })
    }
  })

  it('does not take a refusal to answer for trust', async () => {
    for (const code of ['127.0.0.255', '127.255.255.254', '203.0.113.80']) {
      const found = await find({ A: [code] })
      assert.deepEqual([found.status, found.codes, found.trust], ['unknown', [], undefined])
      assert.ok(found.error?.startsWith(code))
    }
  })

  it('says nothing of others', async () => {
    assert.deepEqual(await find(), { status: 'clean', codes: [], proven: false })
    assert.equal((await find('temperror')).status, 'unknown')
  })

  it('has a name without a key', () => {
    assert.equal(dnswl('key.white.mail.abusix.zone').name, 'dnswl(white.mail.abusix.zone)')
  })
})
