import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'

const corpora = join(import.meta.dirname, '../../../shared/corpora')
/** Four clients at a time, as on a quiet morning. */
const clients = 4
const mostMemoryBytes = 400 * 1024 * 1024

// They are the mail of others, and not ours to hand on: who has no copy cannot run these.
for (const name of ['mime', 'realworld']) {
  const folder = join(corpora, name)

  describe(`all mail of corpora/${name}`, { skip: !existsSync(folder) && `needs ../shared/corpora/${name}` }, () => {
    let nextHop: NextHop
    let gateway: PeerGateway

    before(async () => {
      nextHop = await startNextHop()
      gateway = await startGateway({ to: `smtp://127.0.0.1:${nextHop.port}` })
    })

    after(async () => {
      await gateway?.stop()
      await nextHop?.close()
    })

    test('SRV-18: is delivered byte for byte, or refused because it is no message', async t => {
      const files = (await readdir(folder, { recursive: true })).filter(file => file.endsWith('.eml'))
      const queue = files.values()
      const failures: string[] = []
      let refused = 0
      const sendSome = async () => {
        for (const file of queue) {
          const content = asSent(await readFile(join(folder, file)))
          const answer = await send(gateway.direct, content)
          const stored = takeStored(nextHop, content)
          const failure = faultOf(content, answer, stored)
          if (failure) failures.push(`${file}: ${failure}`)
          if (answer.code !== 250) refused++
        }
      }
      await Promise.all(Array.from({ length: clients }, sendSome))
      assert.deepEqual(failures, [])
      t.diagnostic(`${files.length} messages, of which ${refused} refused; at most ${await mostMemory(gateway)} bytes of memory`)
    })

    test('leaves the gateway alive, and its memory bounded', async () => {
      assert.equal((await send(gateway.direct, Buffer.from('Subject: still there\r\n\r\n'))).code, 250)
      assert.ok((await mostMemory(gateway)) < mostMemoryBytes)
    })
  })
}

/** The file as a client puts it on the wire: most of the corpora are kept with LF line ends. */
function asSent(file: Buffer): Buffer {
  const text = file.toString('latin1').replaceAll(/\r?\n/g, '\r\n')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

async function send(port: number, content: Buffer): Promise<Answer> {
  const client = await SmtpClient.open({ port })
  await client.answer()
  await client.say('EHLO mx.sender.example')
  await client.say('MAIL FROM:<ann@sender.example> BODY=8BITMIME')
  await client.say('RCPT TO:<bob@our.example>')
  await client.say('DATA')
  const answer = await client.send(content)
  client.leave()
  return answer
}

/** Whether the next hop has got this message. */
function takeStored({ messages }: NextHop, sent: Buffer): boolean {
  return messages.some(({ content }) => content.subarray(-sent.length).equals(sent))
}

/** What is wrong: with what became of the message, not with the message. */
function faultOf(content: Buffer, answer: Answer, stored: boolean): string | undefined {
  const expected = expectedCode(content.toString('latin1'))
  if (answer.code !== expected) return `expected ${expected}, found ${answer.code} ${answer.text}`
  if (expected !== 250) return stored ? 'was refused, and delivered' : undefined
  return stored ? undefined : 'has arrived otherwise than it was sent'
}

/**
 * Bare CR and NUL may not pass (RFC 5321, 2.3.8 and 4.5.2), nor a field folded over more than 100 further lines, nor a
 * first line that would continue the field which a relay puts above it.
 */
function expectedCode(content: string): number {
  if (/\r(?!\n)|\0/.test(content)) return 550
  if (/^[ \t]/.test(content)) return 554
  const [header = ''] = content.split('\r\n\r\n', 1)
  return /(?:\r\n[ \t][^\r]*){101}/.test(header) ? 554 : 250
}

/** The most memory that the gateway has had (VmHWM), in bytes. */
async function mostMemory({ process }: PeerGateway): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
