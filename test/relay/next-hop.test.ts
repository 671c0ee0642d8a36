import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { startNextHop } from '../../fixtures/next-hop.ts'
import { closeLater } from './relaying.ts'

const smuggled = 'MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSecond\r\n.\r\n'
const begin = 'EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n'

/** The messages that arrive when all of this is said at once, or byte by byte. */
async function said(text: string, tolerateBareLf: boolean, isSplit = false): Promise<string[]> {
  const hop = await startNextHop({ tolerateBareLf })
  closeLater(() => hop.close())
  const socket = connect(hop.port, '127.0.0.1').resume()
  for (const part of isSplit ? text : [text]) await new Promise(resolve => socket.write(part, resolve))
  socket.write('QUIT\r\n')
  await once(socket, 'close')
  return hop.messages.map(({ content }) => content.toString())
}

describe('the next hop of the fixtures', () => {
  test('SRV-03: shows smuggling as a second message when it is as tolerant as the servers that this aims at', async () => {
    for (const ending of ['\n.\n', '\n.\r\n', '\r\n.\n']) {
      const text = `${begin}First${ending}${smuggled}\r\n.\r\n`
      assert.equal((await said(text, true)).length, 2, JSON.stringify(ending))
      assert.equal((await said(text, false)).length, 1, JSON.stringify(ending))
    }
  })

  test('finds the end of a message wherever it is split, and takes the dots away', async () => {
    for (const content of ['', '..a\r\n', 'a\r\n...\r\n', 'a\r\n']) {
      const expected = [content.replaceAll(/^\./gm, '')]
      for (const isSplit of [false, true]) assert.deepEqual(await said(`${begin}${content}.\r\n`, false, isSplit), expected)
    }
  })
})
