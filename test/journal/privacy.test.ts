import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { JournalReader } from '../../src/journal/journal-reader.ts'
import { JournalWriter } from '../../src/journal/journal-writer.ts'
import { openKey, pseudonym, readKey, withoutPersons } from '../../src/journal/privacy.ts'
import { entry, recipient, trace } from '../report/trace.ts'

const key = Buffer.alloc(32, 7)

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'postern-private-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

it('nobody is found in a private journal by looking, and everybody by asking', async t => {
  const path = join(folder(t), 'journal.sqlite')
  const keyFile = join(path, '../journal.key')
  const writer = new JournalWriter({ path, keyFile, retention: { days: 3650, bytes: 2 ** 30 } }, () => {})
  writer.note(
    trace({
      sender: 'Ann.Smith@sender.example',
      recipients: [
        recipient('"bob smith"@our.example', { detail: 'hop: 550 no bob.smith@our.example here' }),
        recipient('postmaster@our.example'),
      ],
      message: {
        size: 1,
        subject: 'Secret plan',
        from: '"Smith, Ann" <ann.smith@sender.example>',
        messageId: '<smith-1@sender.example>',
      },
      facts: [{ fact: 'headers', value: { authors: [{ local: 'ann.smith', domain: 'sender.example' }] }, ms: 1 }],
      entries: [
        entry(
          'deny',
          { action: 'reject', reason: 'sender', detail: 'ann.smith@sender.example' },
          { recipients: ['"bob smith"@our.example'] },
        ),
      ],
    }),
    'a',
  )
  await writer.close()
  const reader = new JournalReader(path, { key: readKey(keyFile) })
  t.after(() => reader.close())
  const [record] = [...reader.raw()]
  assert.doesNotMatch(record?.json ?? '', /smith|secret/i)
  assert.match(record?.json ?? '', /~[0-9a-f]{16}@our\.example/)
  assert.match(record?.json ?? '', /"postmaster@our\.example"/)
  for (const from of ['ann.smith@sender.example', 'Ann.Smith@', '@sender.example', 'ann.smith'])
    assert.equal(reader.count({ from }), 1, from)
  for (const from of ['ann@sender.example', 'ann.smith@other.example', 'smith']) assert.equal(reader.count({ from }), 0, from)
  assert.equal(reader.count({ to: 'postmaster@' }), 1)
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
})

it('a pseudonym is the same for the same person, whatever the case, and another under another key', () => {
  assert.equal(pseudonym('Ann', key), pseudonym('ann', key))
  assert.notEqual(pseudonym('ann', key), pseudonym('bob', key))
  assert.notEqual(pseudonym('ann', key), pseudonym('ann', Buffer.alloc(32, 8)))
  assert.deepEqual(withoutPersons({ a: [null, 1, true, 'no address @ all'] }, key), { a: [null, 1, true, 'no address @ all'] })
})

it('the key is made once, and what is no key is not used', t => {
  const file = join(folder(t), 'journal.key')
  assert.deepEqual(openKey(file), openKey(file))
  writeFileSync(file, 'short')
  assert.throws(() => readKey(file), /journal\.key: expected a key of 64 hexadecimal digits/)
})
