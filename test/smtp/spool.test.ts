import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Message } from '../../src/mail/message.ts'
import { Spool } from '../../src/smtp/spool.ts'

async function contentOf(message: Message | undefined): Promise<string> {
  assert.ok(message)
  const chunks: Buffer[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const header = 'Subject: a test\r\nFrom: a@example.org\r\n\r\n'

describe('spool', () => {
  let directory = ''
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-spool-'))
  })
  after(() => rm(directory, { recursive: true }))

  it('keeps a small message in memory', async () => {
    const spool = new Spool({ directory: '/nowhere', memoryBytes: 1000 })
    assert.equal(spool.write(Buffer.from(header)), undefined)
    assert.equal(spool.write(Buffer.from('body\r\n')), undefined)
    const message = await spool.finish()
    assert.equal(await contentOf(message), `${header}body\r\n`)
    assert.equal(message?.size, header.length + 6)
  })

  it('puts a large message on disk, lets the sender wait for it, and leaves no name behind', async () => {
    const spool = new Spool({ directory, memoryBytes: 10_000 })
    const body = `${'x'.repeat(4998)}\r\n`
    spool.write(Buffer.from(header))
    const waits: (Promise<void> | undefined)[] = []
    for (let i = 0; i < 20; i++) waits.push(spool.write(Buffer.from(body)))
    assert.ok(waits.some(Boolean))
    const message = await spool.finish()
    assert.deepEqual(await readdir(directory), [])
    assert.equal(message?.header('subject'), 'a test')
    assert.equal(await contentOf(message), header + body.repeat(20))
    assert.equal(await contentOf(message), header + body.repeat(20), 'it can be read twice')
    await spool.discard()
  })

  it('gathers a message that comes byte by byte, in memory and on disk', async () => {
    for (const memoryBytes of [100_000, 10]) {
      const spool = new Spool({ directory, memoryBytes })
      const whole = header + 'abcdefghi\r\n'.repeat(3000)
      for (const byte of Buffer.from(whole)) await spool.write(Buffer.of(byte))
      assert.equal(await contentOf(await spool.finish()), whole)
      await spool.discard()
    }
  })

  it('says so when the disk does not take the message, and does not throw', async () => {
    const spool = new Spool({ directory: join(directory, 'missing'), memoryBytes: 10 })
    await spool.write(Buffer.from(header))
    assert.equal(await spool.finish(), undefined)
    assert.match(String(spool.error), /ENOENT/)
    await spool.discard()
  })

  it('can be discarded in the middle of a write', async () => {
    const spool = new Spool({ directory, memoryBytes: 10 })
    void spool.write(Buffer.alloc(100_000, 'x'))
    await spool.discard()
    assert.equal(spool.write(Buffer.from('more')), undefined)
    assert.deepEqual(await readdir(directory), [])
  })
})
