import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import type { SmtpClient } from '../../fixtures/smtp-client.ts'
import { beyondTheEdge, junkSet, withinTheEdge } from '../facts/hostile-mail.ts'
import { longestWait } from '../facts/longest-wait.ts'
import { plain, send, startGateway, type TestGateway } from '../functional/gateway.ts'

const zone: Zone = {
  ...signer('sender.example').zone,
  '_dmarc.sender.example': { TXT: ['v=DMARC1; p=none'] },
}
const limits = 'limits: { greetDelayMs: 0, refusalDelayMs: 0, junkCommands: 1000000, newPerMinute: 100000 }'
const rules = '[{ use: spf }, { use: dkim }, { use: dmarc }, { use: header-sanity, options: { from: pass, ambiguous: pass } }]'

/**
 * How long the sender of such a message waits at most, and anybody else; and how much of that may be our own work. Without
 * its limits each of them takes seconds or minutes. It stands here because the tests of this folder run one after the other.
 */
const mostMs = { answer: 2000, others: 1000, work: 1000 } as const

const nothing = { ms: 0, title: 'nothing' }

describe('mail that is made to keep us busy', () => {
  let gateway: TestGateway
  const worst = { answer: nothing, others: nothing, clock: nothing, work: nothing }

  before(async () => {
    gateway = await startGateway({ rules, zone, limits })
    // Whatever is loaded only once should not count.
    await send(await gateway.client(), { content: Buffer.from(`${junkSet(1, 'spf=pass')}From: a@sender.example\r\n\r\nx\r\n`) })
  })

  after(() => gateway?.[Symbol.asyncDispose]())

  for (const [title, make] of Object.entries(withinTheEdge)) {
    it(`is answered at once, and makes nobody wait: ${title}`, async () => {
      const { answer } = await measured(title, make)
      assert.equal(answer?.code, 250)
      const [trace] = gateway.traces.slice(-1)
      const found = trace?.facts.filter(({ error }) => error === undefined).map(({ fact }) => fact) ?? []
      assert.deepEqual(
        ['arc', 'dkim', 'dmarc', 'headers', 'spf'].filter(fact => !found.includes(fact)),
        [],
      )
    })
  }

  for (const [title, make] of Object.entries(beyondTheEdge)) {
    it(`is refused at once, and makes nobody wait: ${title}`, async () => {
      const { answer } = await measured(title, make)
      assert.equal(answer?.code, 554)
    })
  }

  it('leaves the gateway as it was', async () => {
    assert.equal((await send(await gateway.client(), { content: plain })).data?.code, 250)
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.deepEqual(
      gateway.log.filter(line => line.startsWith('error')),
      [],
    )
  })

  it('makes nobody wait: the longest waits of all', t => {
    for (const [what, { ms, title }] of Object.entries(worst)) t.diagnostic(`${what}: ${ms.toFixed(0)} ms, for ${title}`)
  })

  async function measured(title: string, make: () => string) {
    const content = Buffer.from(make())
    const [client, other] = [await gateway.client(), await gateway.client('192.0.2.11')]
    const { result, wait } = await longestWait(async () => {
      const patience = ping(other)
      const started = performance.now()
      const { data: answer } = await send(client, { content })
      return { answer, answerMs: performance.now() - started, othersMs: await patience() }
    })
    client.leave()
    other.leave()
    const waits = { answer: result.answerMs, others: result.othersMs, clock: wait.clockMs, work: wait.cpuMs }
    for (const [what, ms] of Object.entries(waits) as [keyof typeof waits, number][]) {
      if (ms > worst[what].ms) worst[what] = { ms, title }
    }
    assert.ok(waits.answer < mostMs.answer && waits.others < mostMs.others && waits.work < mostMs.work, JSON.stringify(waits))
    return result
  }
})

/** Says NOOP again and again until it is asked how long it had to wait at most. */
function ping(client: SmtpClient): () => Promise<number> {
  let [isOver, longest] = [false, 0]
  const pinging = (async () => {
    while (!isOver) {
      const started = performance.now()
      assert.equal((await client.say('NOOP')).code, 250)
      longest = Math.max(longest, performance.now() - started)
    }
  })()
  return async () => {
    isOver = true
    await pinging
    return longest
  }
}
