import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { senderDomain } from 'postern/facts'
import { findFact, type Zone, type ZoneEntry, zoneDns } from 'postern/testing'

const mx = { preference: 10, exchange: 'mx.sender.example' }

async function find(entry: ZoneEntry | undefined, domain = 'sender.example') {
  const zone: Zone = entry === undefined ? {} : { [domain]: entry }
  const found = await findFact(senderDomain, { sender: { local: 'alice', domain } }, zoneDns(zone))
  return [found.status, found.mx, found.spfDeniesAll]
}

describe('sender-domain', () => {
  it('finds the domain of an ordinary sender', async () => {
    assert.deepEqual(await find({ MX: [mx], TXT: ['v=spf1 mx -all'] }), ['exists', 'mx', false])
  })

  it('is content with the address of the domain itself', async () => {
    assert.deepEqual(await find({ A: ['192.0.2.1'] }), ['exists', 'address', false])
    assert.deepEqual(await find({ AAAA: ['2001:db8::1'] }), ['exists', 'address', false])
  })

  it('tells a domain that takes no mail from one that does not exist', async () => {
    assert.deepEqual(await find({ TXT: ['hello'] }), ['exists', 'none', false])
    assert.deepEqual(await find(undefined), ['nxdomain', 'none', false])
  })

  it('does not believe a resolver for which not even the top-level domain exists', async () => {
    assert.deepEqual(await find(undefined, 'never.org'), ['temperror', 'temperror', false])
    const dns = zoneDns({ org: { NS: ['a0.org.afilias-nst.info'] } })
    const found = await findFact(senderDomain, { sender: { local: 'alice', domain: 'never.org' } }, dns)
    assert.deepEqual([found.status, found.mx], ['nxdomain', 'none'])
    const failing = zoneDns({ org: 'temperror' })
    const unknown = await findFact(senderDomain, { sender: { local: 'alice', domain: 'never.org' } }, failing)
    assert.equal(unknown.status, 'temperror')
  })

  it('SRV-27: knows a null MX, which stands alone', async () => {
    const nothing = { preference: 0, exchange: '' }
    assert.deepEqual(await find({ MX: [nothing] }), ['exists', 'null', false])
    assert.deepEqual(await find({ MX: [nothing, mx] }), ['exists', 'mx', false])
  })

  it('knows a domain that never sends mail, and no other', async () => {
    const denies = async (...TXT: string[]) => (await find({ MX: [mx], TXT }))[2]
    assert.equal(await denies('unrelated', 'v=spf1 -all'), true)
    assert.equal(await denies('V=SPF1  -ALL '), true)
    assert.equal(await denies('v=spf1 ~all'), false)
    assert.equal(await denies('v=spf1 a -all'), false)
    assert.equal(await denies('v=spf1 redirect=example.org'), false)
    assert.equal(await denies('v=spf1 -all', 'v=spf1 mx -all'), false)
    assert.equal(await denies('v=spf10 -all'), false)
  })

  it('does not know what it could not find out', async () => {
    assert.deepEqual(await find('temperror'), ['temperror', 'temperror', false])
    assert.deepEqual(await find({ MX: [mx], TXT: 'temperror' }), ['exists', 'mx', false])
    assert.deepEqual(await find({ A: 'temperror' }), ['exists', 'temperror', false])
  })

  it('asks nobody about a null sender, a literal, or a sender without a domain', async () => {
    const dns = zoneDns({})
    const senders = [null, { local: 'a', domain: '[192.0.2.1]' }, { local: 'postmaster', domain: '' }]
    const found = await Promise.all(senders.map(sender => findFact(senderDomain, { sender }, dns)))
    assert.deepEqual(
      found.map(({ status }) => status),
      ['null-sender', 'literal', 'literal'],
    )
    assert.deepEqual(dns.questions, [])
  })
})
