import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { startGateway, type TestGateway } from './gateway.ts'

interface SmugglingCase {
  readonly repr: string
  readonly bytes_b64: string
  readonly is_end_of_data: boolean
}

const corpus = new URL('../../fixtures/corpora/smtp/smuggling.json', import.meta.url)
const { cases }: { readonly cases: readonly SmugglingCase[] } = JSON.parse(readFileSync(corpus, 'utf8'))

const inner =
  'MAIL FROM:<admin@victim.example>\r\nRCPT TO:<bob@our.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n'

/** Sends a message in pieces, each in a segment of its own, and reads until the server hangs up. */
async function attack(gateway: TestGateway, pieces: readonly Buffer[]): Promise<void> {
  const client = await gateway.client()
  await client.say('EHLO mx.sender.example')
  await client.say('MAIL FROM:<ann@sender.example>')
  await client.say('RCPT TO:<bob@our.example>')
  await client.say('DATA')
  for (const piece of pieces) {
    client.write(piece)
    await new Promise(setImmediate)
  }
  client.write('QUIT\r\n')
  while ((await client.answer()).code !== 0) {}
}

it('SRV-03: behind a next hop that takes LF.LF for the end there is never a second message', async () => {
  const more = 'limits: { greetDelayMs: 0, newPerMinute: 100000 }'
  await using gateway = await startGateway({ nextHop: { tolerateBareLf: true }, limits: more })
  for (const { repr, bytes_b64 } of cases.filter(each => !each.is_end_of_data)) {
    const bytes = Buffer.from(bytes_b64, 'base64')
    const whole = Buffer.concat([Buffer.from('Subject: test\r\n\r\npart1'), bytes, Buffer.from(inner)])
    const start = whole.indexOf('part1') + 'part1'.length
    await attack(gateway, [whole])
    for (let cut = start; cut <= start + bytes.length; cut++) await attack(gateway, [whole.subarray(0, cut), whole.subarray(cut)])
    assert.ok(!gateway.nextHop.messages.some(({ sender }) => sender === 'admin@victim.example'), repr)
    assert.equal(gateway.nextHop.messages.length, 0, repr)
  }
})
