import assert from 'node:assert/strict'
import { it } from 'node:test'
import { mailauthResolver } from '../../src/facts/mailauth-resolver.ts'
import { zoneDns } from '../../src/testing.ts'

const signal = new AbortController().signal

it('what could not be found out is a temporary error, and what does not exist is none', async () => {
  const resolver = mailauthResolver(
    { dns: zoneDns({ 'a.example': { A: ['192.0.2.1'] }, 'b.example': 'temperror' }), signal },
    { ms: 1000, questions: 10 },
  )
  assert.deepEqual(await resolver('a.example.', 'A'), ['192.0.2.1'])
  await assert.rejects(resolver('a.example', 'TXT'), { code: 'ENODATA' })
  await assert.rejects(resolver('c.example', 'TXT'), { code: 'ENOTFOUND' })
  await assert.rejects(resolver('b.example', 'TXT'), { code: 'ESERVFAIL' })
  await assert.rejects(resolver('a.example', 'TLSA'), { code: 'ENODATA' })
})

it('a message that asks for too much is told no more', async () => {
  const dns = zoneDns({ 'a.example': { A: ['192.0.2.1'] } })
  const resolver = mailauthResolver({ dns, signal }, { ms: 1000, questions: 2 })
  for (const _ of [1, 2]) await resolver('a.example', 'A')
  await assert.rejects(resolver('a.example', 'A'), { code: 'ESERVFAIL' })
  assert.equal(dns.questions.length, 2)
})

it('nor is one for which we have waited long enough', async () => {
  const dns = zoneDns({ 'a.example': { A: ['192.0.2.1'] } })
  const resolver = mailauthResolver({ dns, signal }, { ms: -1, questions: 10 })
  await assert.rejects(resolver('a.example', 'A'), { code: 'ESERVFAIL' })
  assert.deepEqual(dns.questions, [])
})
