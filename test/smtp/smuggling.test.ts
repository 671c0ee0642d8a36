import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { openEdge, opening, type TestEdge } from './edge.ts'

interface SmugglingCase {
  readonly id: string
  readonly bytes_b64: string
  readonly repr: string
  readonly is_end_of_data: boolean
}

const corpus = new URL('../../fixtures/corpora/smtp/smuggling.json', import.meta.url)
const { cases }: { readonly cases: readonly SmugglingCase[] } = JSON.parse(readFileSync(corpus, 'utf8'))

const inner =
  'MAIL FROM:<admin@victim.example>\r\nRCPT TO:<bob@our.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n'

function attack(sequence: Buffer): Buffer {
  return Buffer.concat([Buffer.from('Subject: test\r\n\r\npart1'), sequence, Buffer.from(inner)])
}

describe('smuggling', () => {
  let edge: TestEdge
  before(async () => {
    edge = await openEdge({ listeners: [{}, {}] })
  })
  after(() => edge.server.close())

  /** Sends a message in pieces, and answers with the replies to all of it, until the connection ends. */
  async function send(pieces: readonly Buffer[]): Promise<string> {
    const client = await Client.greeted(edge.port)
    await client.accepted(...opening)
    for (const piece of pieces) {
      client.write(piece)
      await new Promise(setImmediate)
    }
    client.write('QUIT\r\n')
    return client.closed()
  }

  for (const { repr, bytes_b64, is_end_of_data } of cases.filter(each => !each.is_end_of_data)) {
    const bytes = Buffer.from(bytes_b64, 'base64')

    it(`SRV-01: ${repr} ends no message: one transaction, one reply, nothing delivered`, async () => {
      assert.equal(is_end_of_data, false)
      const replies = await send([attack(bytes)])
      assert.match(replies, /^550 5\.(?:5\.2|6\.0) [^\n]*\r\n221 [^\n]*\r\n$/)
      assert.deepEqual(edge.nextHop.got, [])
    })

    it(`SRV-01: nor does ${repr} when the network cuts it at any byte`, async () => {
      const whole = attack(bytes)
      const start = whole.indexOf('part1') + 4
      for (let cut = start; cut <= start + bytes.length + 2; cut++) {
        const replies = await send([whole.subarray(0, cut), whole.subarray(cut)])
        assert.match(replies, /^550 5\.(?:5\.2|6\.0) [^\n]*\r\n221 [^\n]*\r\n$/, `cut at ${cut}`)
      }
      assert.deepEqual(edge.nextHop.got, [])
    })
  }

  it('CRLF.CRLF does end a message, cut at any byte', async () => {
    const whole = Buffer.from('Subject: test\r\n\r\npart1\r\n.\r\n')
    for (let cut = whole.length - 6; cut < whole.length; cut++) {
      const replies = await send([whole.subarray(0, cut), whole.subarray(cut)])
      assert.match(replies, /^250 [^\n]*\r\n221 [^\n]*\r\n$/)
    }
    assert.deepEqual(new Set(edge.nextHop.got.map(({ content }) => content)), new Set(['Subject: test\r\n\r\npart1\r\n']))
  })

  it('S13: a message that is sent before our 354 is not taken, and ends the connection', async () => {
    const before = edge.nextHop.got.length
    const client = await Client.greeted(edge.port)
    client.write(`${opening.join('\r\n')}\r\nSubject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<c@example.com>\r\n`)
    const replies = await client.closed()
    assert.match(replies, /\r\n503 5\.5\.1 [^\n]*\[\w+\.1\]\r\n$/)
    assert.doesNotMatch(replies, /354/)
    assert.equal(edge.nextHop.got.length, before)
    const trace = await edge.traced(({ ending }) => ending === 'refused by the protocol')
    assert.equal(trace.recipients[0]?.outcome, 'rejected')
  })
})
