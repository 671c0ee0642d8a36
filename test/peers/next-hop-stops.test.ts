import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs } from './support/needs.ts'
import { type Postfix, startPostfix } from './support/postfix.ts'
import { until } from './support/wait.ts'

const small = Buffer.from('Subject: small\r\n\r\nHello\r\n')
/** More than the buffers between processes hold. */
const large = Buffer.from(`Subject: large\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(400_000)}`)

describe('SRV-13: Postfix is killed', { skip: needs('postfix', 'root') }, () => {
  let postfix: Postfix
  let gateway: PeerGateway
  let client: SmtpClient
  let traced: Promise<Trace>

  before(async () => {
    postfix = await startPostfix()
    gateway = await startGateway({ to: `smtp://127.0.0.1:${postfix.port}` })
  })

  after(async () => {
    client?.leave()
    if (postfix) await signal('cleanup', 'SIGCONT')
    await gateway?.stop()
    await postfix?.stop()
  })

  /** A transaction up to the last reply before DATA: Postfix has taken the recipient. */
  async function begin(): Promise<void> {
    traced = gateway.process.nextTrace()
    client = await SmtpClient.open({ port: gateway.direct })
    await client.answer()
    await client.say('EHLO mx.sender.example')
    await client.say('MAIL FROM:<ann@sender.example>')
    assert.equal((await client.say('RCPT TO:<alice@our.example>')).code, 250)
  }

  async function send(content: Buffer): Promise<Answer> {
    const data = await client.say('DATA')
    return data.code === 354 ? client.send(content) : data
  }

  async function signal(name: string, what: NodeJS.Signals): Promise<void> {
    for (const pid of await postfix.daemons(name)) process.kill(pid, what)
  }

  /** How much all smtpd have read so far, from files and from us. */
  async function bytesRead(): Promise<number> {
    const pids = await postfix.daemons('smtpd')
    const accounts = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/io`, 'utf8')))
    return accounts.reduce((sum, account) => sum + Number(/^rchar: (\d+)/.exec(account)?.[1]), 0)
  }

  /** Stops what stores the message, sends it, and kills what receives it once that has read so much. */
  async function killWhileSending(content: Buffer, atLeast: number): Promise<Answer> {
    await signal('cleanup', 'SIGSTOP')
    const before = await bytesRead()
    const answer = send(content)
    await until('smtpd to read', async () => ((await bytesRead()) >= before + atLeast ? true : undefined), 5000)
    for (const name of ['smtpd', 'cleanup']) await signal(name, 'SIGKILL')
    return answer
  }

  /** The client is to come again, the trace says why, and there is no copy anywhere. */
  async function assertDeferred(answer: Answer): Promise<void> {
    assert.equal(answer.code, 451, answer.text)
    client.leave()
    const { recipients } = await traced
    assert.deepEqual(
      recipients.map(({ outcome }) => outcome),
      ['deferred'],
    )
    assert.match(recipients[0]?.detail ?? '', new RegExp(`127\\.0\\.0\\.1:${postfix.port}`))
    assert.deepEqual(await gateway.quarantine(), [])
    assert.equal(await postfix.count('alice'), 1)
  }

  test('before DATA: a new connection takes the transaction over, and there is one copy', async () => {
    await begin()
    await signal('smtpd', 'SIGKILL')
    assert.equal((await send(small)).code, 250)
    await postfix.delivered('alice')
    assert.equal(await postfix.count('alice'), 1)
    client.leave()
  })

  test('in the middle of the message: the client gets 451, and no copy is kept', async () => {
    await begin()
    await assertDeferred(await killWhileSending(large, 32 * 1024))
  })

  test('after the dot, before its answer: the same', async () => {
    await begin()
    await assertDeferred(await killWhileSending(small, small.length))
  })

  test('and is back: the message that comes again is delivered, once', async () => {
    await begin()
    assert.equal((await send(small)).code, 250)
    await until('the second message in Postfix', async () => ((await postfix.count('alice')) > 1 ? true : undefined))
    assert.equal(await postfix.count('alice'), 2)
  })
})
