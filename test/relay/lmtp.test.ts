import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startNextHop } from '../../fixtures/next-hop.ts'
import { relayTimeouts } from '../../src/relay/relay-timeouts.ts'
import { closeLater, commands, open, relay, transaction, transportTo } from './relaying.ts'

const lmtp = { protocol: 'lmtp' } as const
const three = ['a@example.org', 'b@example.org', 'c@example.org'] as const
const taken = ['250 2.1.5', '250 2.1.5', '250 2.1.5']

describe('LMTP', () => {
  test('LMTP-01: it begins with LHLO, and each recipient has a reply after the dot', async () => {
    const final: Record<string, string> = { 'b@example.org': '452 4.2.2 Over quota', 'c@example.org': '550 5.2.1 Closed' }
    const { hop, transport } = await open({ ...lmtp, script: { dot: ({ recipient }) => final[recipient] } }, lmtp)
    const replies = await relay(transport.begin(transaction()), ...three)
    assert.deepEqual(replies, [...taken, '250 2.0.0', '452 4.2.2', '550 5.2.1'])
    assert.equal(commands(hop)[0], 'LHLO mx.example.org')
    assert.deepEqual(
      hop.messages.map(({ recipients }) => recipients),
      [['a@example.org']],
    )
  })

  test('there is nothing older than LHLO to fall back to', async () => {
    const { hop, transport } = await open({ ...lmtp, script: { ehlo: '500 What?' } }, lmtp)
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['451 4.4.1'])
    assert.deepEqual(commands(hop), ['LHLO mx.example.org'])
  })

  test('LMTP-04: after a time-out, those without a reply are temporary, those with one keep it', async () => {
    const script = {
      dot: ({ recipient }: { recipient: string }) => (recipient === 'a@example.org' ? undefined : ('hang' as const)),
    }
    const timeouts = { ...relayTimeouts, finalDotMs: 60 }
    const { transport } = await open({ ...lmtp, script }, { ...lmtp, timeouts })
    assert.deepEqual(await relay(transport.begin(transaction()), ...three), [...taken, '250 2.0.0', '451 4.4.2', '451 4.4.2'])
  })

  test('LMTP-04: when nothing is said at all, all are temporary', async () => {
    const timeouts = { ...relayTimeouts, finalDotMs: 60 }
    const { transport } = await open({ ...lmtp, script: { dot: 'hang' } }, { ...lmtp, timeouts })
    assert.deepEqual(await relay(transport.begin(transaction()), ...three), [...taken, '451 4.4.2', '451 4.4.2', '451 4.4.2'])
  })

  test('LMTP-03: Return-Path is put on top for an MDA that does not do it, and only then', async () => {
    const added = await open(lmtp, { ...lmtp, returnPath: true })
    await relay(added.transport.begin(transaction()), 'a@example.org')
    assert.match(added.hop.messages[0]?.content.toString() ?? '', /^Return-Path: <sender@example\.com>\r\nFrom: /)
    const none = await open(lmtp, lmtp)
    await relay(none.transport.begin(transaction()), 'a@example.org')
    assert.match(none.hop.messages[0]?.content.toString() ?? '', /^From: /)
  })

  test('it is spoken over a unix socket as well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-lmtp-'))
    const path = join(folder, 'lmtp')
    const hop = await startNextHop({ ...lmtp, path })
    const transport = transportTo(0, { ...lmtp, address: { path } })
    closeLater(async () => {
      transport.close()
      await hop.close()
      rmSync(folder, { recursive: true })
    })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), ['250 2.1.5', '250 2.0.0'])
    assert.equal(hop.messages.length, 1)
  })
})
