import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { arc, dkim, dmarc, headers } from 'postern/facts'
import { findFact, type Zone, zoneDns } from 'postern/testing'
import { MemoryMessage } from '../../src/mail/message.ts'
import { letter, messageOf } from './authentication.ts'
import { beyondTheEdge, junkSet, junkSignature, withinTheEdge } from './hostile-mail.ts'
import { longestWait } from './longest-wait.ts'
import { keyRecord, rsaKey, signed } from './signing.ts'

const key = rsaKey(2048)
const zone: Zone = {
  's._domainkey.sender.example': { TXT: [keyRecord(key)] },
  '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject'] },
}
const chunkBytes = 64 * 1024
/** What takes seconds or minutes without its limits; how long it takes with them is told below. */
const mostMs = 1000

/** A message in pieces, as it comes from the network. */
function inChunks(content: string): MemoryMessage {
  const bytes = Buffer.from(content)
  const count = Math.ceil(bytes.length / chunkBytes)
  return new MemoryMessage(...Array.from({ length: count }, (_, at) => bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes)))
}

/** What is found out about a message. */
async function examine(content: string) {
  const message = inChunks(content)
  const dns = zoneDns(zone)
  const found = {
    dkim: await findFact(dkim, { message }, dns),
    arc: await findFact(arc, { message }, dns),
    dmarc: await findFact(dmarc, { message }, dns),
    headers: await findFact(headers, { message }, dns),
  }
  return { found, questions: dns.questions }
}

describe('a message that is made to keep us busy', () => {
  let worst = { title: 'nothing', clockMs: 0, cpuMs: 0 }

  for (const [title, make] of Object.entries({ ...beyondTheEdge, ...withinTheEdge })) {
    it(`makes nobody wait: ${title}`, async () => {
      const content = make()
      const { result, wait } = await longestWait(() => examine(content))
      const { found, questions } = result
      if (wait.cpuMs > worst.cpuMs) worst = { title, ...wait }
      assert.ok(wait.cpuMs < mostMs, JSON.stringify(wait))
      assert.ok(questions.length <= 40, `${questions.length} questions`)
      assert.ok(found.dkim.length <= 20)
      assert.ok(found.dkim.every(({ result }) => result !== 'pass'))
      assert.notEqual(found.dmarc.result, 'pass')
      assert.notEqual(found.arc.result, 'pass')
    })
  }

  it('makes nobody wait: the longest wait of all', t => {
    const { title, clockMs, cpuMs } = worst
    t.diagnostic(`${cpuMs.toFixed(0)} ms of our time, ${clockMs.toFixed(0)} ms by the clock, for ${title}`)
  })
})

describe('what is not verified', () => {
  const whyOf = async (content: string) =>
    (await findFact(dkim, { message: messageOf(content) }, zoneDns(zone))).map(({ why }) => why)

  it('is said of each signature', async () => {
    assert.deepEqual(await whyOf(junkSignature(` n=${'x'.repeat(8192)};`) + letter), ['longer than 8192 bytes'])
    assert.deepEqual(await whyOf(junkSignature('', { h: 'x:'.repeat(250) }) + letter), ['names more than 200 fields'])
    assert.deepEqual(await whyOf(junkSignature(` n=${' '.repeat(101)}x;`) + letter), ['has more than 100 spaces in a row'])
  })

  it('is said of the header when all of it is too much', async () => {
    const headerOf = async (more: string) => (await whyOf(more + junkSignature() + letter)).join()
    assert.equal(await headerOf('X: y\r\n'.repeat(1000)), 'in a header of more than 1000 fields')
    assert.equal(await headerOf(`X: y\r\n${' z\r\n'.repeat(200)}`), 'in a header with more than 200 lines in a field')
    assert.equal(await headerOf(`X: y\r\n${' z\r\n'.repeat(199)}`.repeat(51)), 'in a header of more than 10000 lines')
    assert.equal(await headerOf(`From: ${'x'.repeat(8192)}\r\n`), 'in a header with more than 8192 bytes of From')
    assert.equal(await headerOf(`Content-Type: ${'x'.repeat(4096)}\r\n`), 'in a header with more than 4096 bytes of Content-Type')
    const huge = await whyOf(`${junkSignature()}X: ${'y'.repeat(262_144)}\r\n${letter}`)
    assert.deepEqual(huge, ['in a header of more than 262144 bytes'])
  })

  it('does not keep what is right from passing', async () => {
    const content = `${junkSignature(` n=${'x'.repeat(9000)};`)}${junkSet(1, 'x')}${signed(letter, { key })}`
    const found = await findFact(dkim, { message: messageOf(content) }, zoneDns(zone))
    assert.deepEqual(
      found.map(({ result }) => result),
      ['pass', 'policy'],
    )
  })

  it('a header of the greatest size that the edge takes is verified', async () => {
    const content = signed(letter, { key })
    const filler = `X: ${'y'.repeat(262_144 - content.indexOf('\r\n\r\n') - 2 - 5)}\r\n`
    const message = messageOf(filler + content)
    assert.equal((filler + content).indexOf('\r\n\r\n') + 2, 262_144)
    assert.equal((await findFact(dkim, { message }, zoneDns(zone)))[0]?.result, 'pass')
  })

  it('a message is read once, however many facts need it', async () => {
    let read = 0
    const message = messageOf(signed(letter, { key }))
    const chunks = () => {
      read++
      return message.chunks()
    }
    const counted = { size: message.size, fields: message.fields, header: () => undefined, chunks }
    await Promise.all([dkim, arc, dmarc].map(fact => findFact<unknown>(fact, { message: counted }, zoneDns(zone))))
    assert.equal(read, 2) // once for its header, once for all of it
  })
})
