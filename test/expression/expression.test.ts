import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Given, ordinary } from '../../src/testing.ts'
import { read } from './reading.ts'

const headers = {
  fromFields: 1,
  authors: [],
  isFromAmbiguous: false,
  namesSender: false,
  answers: [],
  addressees: [],
  receivedBy: [],
  hops: 1,
  fields: 5,
}
const signature = { result: 'pass', domain: 'mx.sender.example', selector: 's', algorithm: 'rsa-sha256', begins: 'x' }

const facts = {
  reverseDns: { status: 'confirmed', name: 'dsl-1.isp.example', names: ['dsl-1.isp.example'], pattern: 'dynamic' },
  spf: { result: 'softfail', domain: 'sender.example', identity: 'mailfrom' },
  headers: { ...headers, authors: [{ local: 'alice', domain: 'sender.example' }], listId: 'users.list.example', hops: 31 },
  dkim: [
    { ...signature, keyBits: 1024 },
    { ...signature, result: 'fail' },
  ],
  dmarc: { result: 'pass', domain: 'sender.example', policy: 'reject', alignedBy: ['dkim'] },
  mime: {
    status: 'parsed',
    parts: 3,
    attachments: [
      {
        name: 'bill.zip',
        type: 'application/zip',
        disposition: '',
        bytes: 10,
        archive: { names: ['bill.exe'], isComplete: true, isEncrypted: false },
      },
    ],
  },
}

const holds = (text: string, given: Given = {}) => {
  const expression = read(text)
  const own = Object.keys(expression.facts).map(name => [name, (facts as Record<string, unknown>)[name]])
  return expression.holds(ordinary(given), Object.fromEntries(own))
}

const is = {
  true: [
    'facts.reverseDns.status == "confirmed" && facts.spf.result != "pass"',
    'has(facts.reverseDns.pattern) && facts.reverseDns.pattern in ["dynamic", "generic"]',
    'facts.reverseDns.names.exists(n, n.regex("^dsl[-.]?[0-9]"))',
    'facts.headers.hops > 30 && facts.headers.hops == 31',
    'facts.headers.authors[0].domain == sender.domain',
    'has(facts.headers.listId) && facts.headers.listId.endsWith(".example")',
    'facts.dkim.exists(s, s.result == "pass" && s.domain.inDomain("sender.example"))',
    'facts.dkim.filter(s, s.result == "pass").size() == 1',
    'facts.dkim.exists_one(s, has(s.keyBits) && s.keyBits < 2048)',
    '"dkim" in facts.dmarc.alignedBy',
    'facts.mime.attachments.exists(a, has(a.archive) && a.archive.names.exists(n, n.lowerAscii().endsWith(".exe")))',
    'session.client.ip.inNetwork("192.0.2.0/24") && !session.client.ip.inNetwork("2001:db8::/32")',
    'session.listener == "mx" && session.helo.startsWith("mx.") && session.esmtp && !has(session.tls)',
    'sender.address == "alice@sender.example" && sender.local == "alice"',
    'size(session.violations) == 0 && message.size > 10',
    'recipients.exists(one, one.address == "bob@our.example")',
    'size(session.helo) > 2 ? true : false',
  ],
  false: [
    'sender.domain.inDomain("ender.example")',
    'facts.dkim.all(s, s.result == "pass")',
    'has(facts.spf.error) && facts.spf.error.contains("x")',
    'session.client.ip.inNetwork("192.0.2.2")',
  ],
} as const

describe('an expression', () => {
  for (const text of is.true) it(`is true: ${text}`, () => assert.equal(holds(text), true))
  for (const text of is.false) it(`is false: ${text}`, () => assert.equal(holds(text), false))

  it('sees who encrypts', () => {
    const session = { tls: { protocol: 'TLSv1', cipher: 'x' } }
    assert.equal(holds('has(session.tls) && session.tls.protocol in ["TLSv1", "TLSv1.1"]', { session }), true)
  })

  it('sees one recipient at RCPT', () => {
    assert.equal(holds('recipient.domain == "our.example"'), true)
  })

  it('can name an element as something else is named', () => {
    assert.equal(read('facts.dkim.exists(sender, sender.result == "pass")').earliest, 'message')
    assert.equal(holds('facts.dkim.exists(facts, facts.result == "pass")'), true)
  })
})
