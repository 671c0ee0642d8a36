import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { domainList } from 'postern/facts'
import { findFact, message, type Zone, zoneDns } from 'postern/testing'

const from = (...authors: string[]) => message({ From: authors.join(', ') })

async function find(zone: Zone, domain = 'sender.example', authors = ['alice@sender.example']) {
  const dns = zoneDns(zone)
  const sender = domain === '' ? null : { local: 'alice', domain }
  const found = await findFact(domainList('dbl.example'), { sender, message: from(...authors) }, dns)
  return { found, asked: dns.questions.map(question => question.replace(/^A (.*)\.dbl\.example$/, '$1')) }
}

describe('domain-list', () => {
  it('asks once for each domain as it is registered: the sender first, then the authors', async () => {
    const { found, asked } = await find({}, 'bounce.mail.shop.co.uk', ['a@news.shop.co.uk', 'b@author.example'])
    assert.deepEqual(asked, ['shop.co.uk', 'author.example'])
    assert.deepEqual(found, { listings: [], status: 'clean', proven: false })
  })

  it('keeps what is listed, with its return codes', async () => {
    const zone = { 'b.example.dbl.example': { A: ['127.0.1.4', '127.0.1.5'] } }
    const { found } = await find(zone, 'a.example', ['x@b.example'])
    assert.deepEqual(found, {
      listings: [{ domain: 'b.example', codes: ['127.0.1.4', '127.0.1.5'] }],
      status: 'listed',
      proven: false,
    })
  })

  it('asks about five domains at most', async () => {
    const { asked } = await find({}, 'a.example', ['x@b.example', 'x@c.example', 'x@d.example', 'x@e.example', 'x@f.example'])
    assert.deepEqual(asked, ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'])
  })

  it('asks about no literal, no address and no name that nobody can register', async () => {
    assert.deepEqual((await find({}, '[192.0.2.1]', ['x@192.0.2.1', 'y@localhost'])).asked, [])
    assert.deepEqual((await find({}, '', [])).found, { listings: [], status: 'clean', proven: false })
  })

  it('does not take a refusal, or a word on the question, for a listing', async () => {
    for (const code of ['127.255.255.254', '127.0.0.1', '127.0.1.255', '203.0.113.80']) {
      const { found } = await find({ 'sender.example.dbl.example': { A: [code] } })
      assert.deepEqual([found.status, found.listings], ['unknown', []], code)
      assert.ok(found.error?.startsWith(code))
    }
  })

  it('keeps a listing when the other domain could not be found out', async () => {
    const zone: Zone = { 'a.example.dbl.example': { A: ['127.0.1.2'] }, 'b.example.dbl.example': 'temperror' }
    const { found } = await find(zone, 'a.example', ['x@b.example'])
    assert.deepEqual([found.status, found.listings.length], ['listed', 1])
    assert.match(found.error ?? '', /SERVFAIL/)
  })

  it('BL-02: is tested by the name that its operator gives, or that RFC 5782 asks for', () => {
    const tested = (zone: string, testEntry?: string) => domainList(zone, testEntry).list.listed
    assert.equal(tested('dbl.example'), 'test')
    assert.equal(tested('dbl.example', 'listed.example'), 'listed.example')
    assert.equal(tested('dbl.spamhaus.org'), 'dbltest.com')
    assert.equal(tested('abcdefghij0123456789.dbl.dq.spamhaus.net'), 'dbltest.com')
    assert.equal(tested('multi.surbl.org'), 'test.surbl.org')
    assert.equal(tested('black.uribl.com'), 'test.uribl.com')
  })

  it('BL-04: shows a key neither in its name nor in an error', async () => {
    const zone = 'abcdefghij0123456789.dbl.dq.spamhaus.net'
    const found = await findFact(domainList(zone), {}, zoneDns({ [`sender.example.${zone}`]: 'temperror' }))
    assert.equal(domainList(zone).name, 'domain-list(dbl.dq.spamhaus.net)')
    assert.equal(found.error, 'SERVFAIL for sender.example.dbl.dq.spamhaus.net')
  })
})
