import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { MemoryMessage } from '../../src/mail/message.ts'
import { diskReply } from '../../src/relay/disk-reply.ts'
import { mailboxPaths } from '../../src/relay/mailbox-path.ts'
import { MaildirTransport } from '../../src/relay/maildir-transport.ts'
import { address, message, relay, transaction } from './relaying.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-maildir-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const delivered = ['250 2.1.5', '250 2.0.0']
const paths = (local: string, domain = 'example.org') => mailboxPaths('/mail/{domain}/{local}', { local, domain })

describe('a Maildir', () => {
  test('SRV-19: Return-Path stands once, on top, then Delivered-To, then the message as it was', async () => {
    const transport = new MaildirTransport(join(folder, 'all'))
    assert.deepEqual(await relay(transport.begin(transaction()), 'anna@example.org'), delivered)
    const [name = ''] = readdirSync(join(folder, 'all/new'))
    const top = 'Return-Path: <sender@example.com>\r\nDelivered-To: anna@example.org\r\n'
    const body = Buffer.concat([...message.chunks()]).toString()
    assert.equal(readFileSync(join(folder, 'all/new', name), 'utf8'), top + body)
    assert.match(name, /^\d{10}\.P\d+R[0-9a-f]{8}Q\d+\.[^/:]+$/)
    assert.deepEqual(readdirSync(join(folder, 'all/tmp')), [])
  })

  test('a bounce has the null sender in Return-Path', async () => {
    const transport = new MaildirTransport(join(folder, 'bounces'))
    await relay(transport.begin(transaction({}, null)), 'anna@example.org')
    const [name = ''] = readdirSync(join(folder, 'bounces/new'))
    assert.match(readFileSync(join(folder, 'bounces/new', name), 'utf8'), /^Return-Path: <>\r\n/)
  })

  test('each recipient has a copy and a name of its own', async () => {
    const transport = new MaildirTransport(join(folder, 'each'))
    await relay(transport.begin(transaction()), 'a@example.org', 'b@example.org')
    assert.equal(new Set(readdirSync(join(folder, 'each/new'))).size, 2)
  })

  test('with a placeholder, a folder that is there is a mailbox, in lower case too; one that is not is never made', async () => {
    mkdirSync(join(folder, 'homes/anna'), { recursive: true })
    const transport = new MaildirTransport(join(folder, 'homes/{local}'))
    assert.deepEqual(await relay(transport.begin(transaction()), 'Anna@example.org'), delivered)
    assert.equal(readdirSync(join(folder, 'homes/anna/new')).length, 1)
    assert.deepEqual(await relay(transport.begin(transaction()), 'bert@example.org'), ['550 5.1.1'])
    assert.ok(!existsSync(join(folder, 'homes/bert')))
  })

  test('a file in the place of the folder is no mailbox', async () => {
    mkdirSync(join(folder, 'files'))
    writeFileSync(join(folder, 'files/anna'), '')
    const transport = new MaildirTransport(join(folder, 'files/{local}/Maildir'))
    assert.deepEqual(await relay(transport.begin(transaction()), 'anna@example.org'), ['550 5.1.1'])
  })

  test('no address leads out of its folder', () => {
    for (const local of [
      '..',
      '.hidden',
      '"../x"',
      '"a/b"',
      '"a\\/b"',
      '"a\\\\b"',
      '"."',
      '""',
      `"${'a'.repeat(256)}"`,
      '"a\0b"',
    ]) {
      assert.deepEqual(paths(local), [], local)
    }
    assert.deepEqual(paths('anna', '..'), [])
    assert.deepEqual(paths('anna', ''), [])
    assert.deepEqual(paths('"anna smith"'), ['/mail/example.org/anna smith'])
    assert.deepEqual(paths('{domain}'), ['/mail/example.org/{domain}'])
  })

  test('trouble with the disk is a reply, and leaves nothing behind', async () => {
    const transport = new MaildirTransport(join(folder, 'broken'))
    const broken = new MemoryMessage(Buffer.from('A: b\r\n\r\n'))
    broken.chunks = function* () {
      yield Buffer.from('A: b\r\n')
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    const a = address('a@example.org')
    const reply = (await transport.begin(transaction()).send([a], broken)).get(a)
    assert.equal(`${reply?.code} ${reply?.status}`, '452 4.3.1')
    assert.match(reply?.detail ?? '', /no space left/)
    assert.deepEqual([readdirSync(join(folder, 'broken/tmp')), readdirSync(join(folder, 'broken/new'))], [[], []])
    assert.equal(diskReply(new Error('EIO')).status, '4.3.0')
  })

  test('a mailbox that cannot be looked at is trouble for now, not an unknown user', {
    skip: process.getuid?.() === 0 && 'root may look at everything',
  }, async () => {
    mkdirSync(join(folder, 'locked/anna'), { recursive: true })
    chmodSync(join(folder, 'locked'), 0o000)
    const transport = new MaildirTransport(join(folder, 'locked/{local}'))
    assert.deepEqual(await relay(transport.begin(transaction()), 'anna@example.org'), ['451 4.3.0'])
    chmodSync(join(folder, 'locked'), 0o700)
  })
})
