import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../src/mail/id.ts'

it('ids are twelve characters that survive a telephone, and none is given twice in a second', () => {
  const now = new Date('2026-11-23T10:00:00Z')
  const ids = Array.from({ length: 32_768 }, () => newId(now))
  assert.equal(new Set(ids).size, ids.length)
  assert.match(ids[0] ?? '', /^[0-9A-HJKMNP-TV-Z]{12}$/)
})

it('later ids sort after earlier ones', () => {
  assert.ok(newId(new Date('2026-11-23T10:00:00Z')) < newId(new Date('2026-11-23T10:00:01Z')))
})
