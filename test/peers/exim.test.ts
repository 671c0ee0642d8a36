import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { type Exim, prepareExim } from './support/exim.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs } from './support/needs.ts'

const letter = await readFile(new URL('../../fixtures/messages/letter.eml', import.meta.url))

describe('Exim → Postern', { skip: needs('exim4', 'root') }, () => {
  let nextHop: NextHop
  let gateway: PeerGateway
  let exim: Exim

  before(async () => {
    nextHop = await startNextHop({
      script: { rcpt: ({ recipient }) => (recipient === 'nobody@our.example' ? '550 5.1.1 Nobody of this name' : undefined) },
    })
    gateway = await startGateway({ to: `smtp://127.0.0.1:${nextHop.port}` })
    exim = await prepareExim(gateway.direct)
  })

  after(async () => {
    await exim?.remove()
    await gateway?.stop()
    await nextHop?.close()
  })

  test('a message for two is delivered in one transaction, and Exim logs our reply with its id', async () => {
    const log = await exim.send('ann@sender.example', ['alice@our.example', 'bob@our.example'], letter)
    assert.match(log, /=> alice@our\.example .* C="250 2\.0\.0 .*\[\w+\.1\]"/)
    assert.match(log, /-> bob@our\.example /)
    assert.deepEqual(
      nextHop.messages.map(({ recipients }) => recipients),
      [['alice@our.example', 'bob@our.example']],
    )
    const body = letter.subarray(letter.indexOf('\r\n\r\n'))
    assert.deepEqual(nextHop.messages[0]?.content.subarray(-body.length), body)
  })

  test('a recipient that the next hop does not know is refused to Exim, in the words of the next hop', async () => {
    const log = await exim.send('ann@sender.example', ['nobody@our.example'], letter)
    assert.match(log, /\*\* nobody@our\.example .* 550 5\.1\.1 Nobody of this name \[\w+\.1\]/)
  })

  test('a bounce of Exim, with the null sender, is taken', async () => {
    const log = await exim.send('<>', ['alice@our.example'], letter)
    assert.match(log, /=> alice@our\.example .*C="250/)
    assert.equal(nextHop.messages.at(-1)?.sender, '')
  })
})
