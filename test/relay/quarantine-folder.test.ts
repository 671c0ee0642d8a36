import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { MemoryMessage } from '../../src/mail/message.ts'
import { QuarantineFolder } from '../../src/relay/quarantine-folder.ts'
import { address, message } from './relaying.ts'
import { trace } from './trace.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-quarantine-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const envelope = { sender: null, recipients: [address('a@example.org')] }
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('quarantine', () => {
  test('an entry holds the message as it was, the envelope, and the trace', async () => {
    const data = join(folder, 'data/quarantine')
    await new QuarantineFolder(data).hold(envelope, message, trace())
    const entry = join(data, '2026-11-24/1N3Z8QK4F00A.1')
    assert.deepEqual(readdirSync(entry).toSorted(), ['message.eml', 'trace.json'])
    assert.deepEqual(readFileSync(join(entry, 'message.eml')), Buffer.concat([...message.chunks()]))
    const kept = JSON.parse(readFileSync(join(entry, 'trace.json'), 'utf8'))
    assert.deepEqual(kept.envelope, { sender: '', recipients: ['a@example.org'] })
    assert.deepEqual(kept.trace, trace())
    assert.deepEqual([mode(entry), mode(join(entry, 'message.eml')), mode(join(entry, 'trace.json'))], ['700', '600', '600'])
  })

  test('a second copy of a transaction has an entry of its own', async () => {
    const quarantine = new QuarantineFolder(join(folder, 'twice'))
    await quarantine.hold(envelope, message, trace())
    const second = await quarantine.hold(envelope, message, trace())
    const day = join(folder, 'twice/2026-11-24')
    assert.deepEqual(readdirSync(day).toSorted(), ['1N3Z8QK4F00A.1', '1N3Z8QK4F00A.1-2'])
    await second.discard()
    assert.deepEqual(readdirSync(day), ['1N3Z8QK4F00A.1'])
  })

  test('what cannot be kept is an error, and leaves nothing behind', async () => {
    const broken = new MemoryMessage(Buffer.from('A: b\r\n\r\n'))
    broken.chunks = function* () {
      yield Buffer.from('A: b\r\n')
      throw new Error('the disk is gone')
    }
    await assert.rejects(new QuarantineFolder(join(folder, 'broken')).hold(envelope, broken, trace()), /the disk is gone/)
    assert.deepEqual(readdirSync(join(folder, 'broken/2026-11-24')), [])
  })

  test('no trace can name a place outside', async () => {
    const quarantine = new QuarantineFolder(join(folder, 'safe'))
    for (const id of ['../x', '', '.x', 'a/b'])
      await assert.rejects(quarantine.hold(envelope, message, trace({ id })), /fit for a path/)
    assert.ok(!existsSync(join(folder, 'safe')))
  })
})
