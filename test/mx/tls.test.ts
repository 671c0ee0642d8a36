import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import type { ZoneRecords } from '../../fixtures/dns-server.ts'
import { defaultExtensions } from '../../fixtures/next-hop/session.ts'
import { localhost, type NextHopOptions } from '../../fixtures/next-hop.ts'
import { matchDane } from '../../src/mx/dane-match.ts'
import { commands } from '../relay/relaying.ts'
import { authority, deliver, delivered, expired, issued, type Outside, openOutside, replyOf, serve } from './outside.ts'

const own = new X509Certificate(issued.cert)
const anchor = new X509Certificate(authority)
const spki = (certificate: X509Certificate) => certificate.publicKey.export({ type: 'spki', format: 'der' })
const hex = (bytes: Buffer, hash?: string) => (hash ? createHash(hash).update(bytes).digest() : bytes).toString('hex')
/** A chain as servers send it. */
const whole = { key: issued.key, cert: issued.cert + authority }

const records = {
  '3 1 1': `3 1 1 ${hex(spki(own), 'sha256')}`,
  '3 0 1': `3 0 1 ${hex(own.raw, 'sha256')}`,
  '3 1 2': `3 1 2 ${hex(spki(own), 'sha512')}`,
  '3 0 0': `3 0 0 ${hex(own.raw)}`,
  '3 1 0': `3 1 0 ${hex(spki(own))}`,
  '2 0 1': `2 0 1 ${hex(anchor.raw, 'sha256')}`,
  '2 1 1': `2 1 1 ${hex(spki(anchor), 'sha256')}`,
  '2 0 0': `2 0 0 ${hex(anchor.raw)}`,
} as const
const wrong = `3 1 1 ${'00'.repeat(32)}`

/** A domain of one server, all of it signed but for what is changed. */
async function signed(tlsa: ZoneRecords['TLSA'], options: NextHopOptions = {}, changes: Record<string, ZoneRecords> = {}) {
  const outside = await openOutside({
    'dane.example': { MX: [{ preference: 10, exchange: 'mx1.dane.example' }], secure: true },
    'mx1.dane.example': { A: ['127.0.0.11'], secure: true },
    ...changes,
  })
  if (tlsa) outside.dns.set(`_${outside.port}._tcp.mx1.dane.example`, { TLSA: tlsa, secure: true })
  return { outside, server: await serve(outside, '127.0.0.11', { tls: whole, ...options }) }
}

const send = (outside: Outside) => deliver(outside, ['bob@dane.example'])

async function counts({ outbound }: Outside, domain = 'dane.example'): Promise<Record<string, unknown>> {
  const day = new Date().toISOString().slice(0, 10)
  return Object.fromEntries((await outbound.report.read(day, domain)).map(({ policy, results }) => [policy, results]))
}

describe('TLS to strangers', () => {
  test('TLS-05: a certificate that fits a TLSA record is as good as any other, whoever has issued it', async () => {
    for (const record of Object.values(records)) {
      const { outside, server } = await signed([wrong, record])
      assert.deepEqual(await send(outside), delivered, record)
      assert.ok(commands(server).includes('STARTTLS'))
      assert.deepEqual(await counts(outside), { tlsa: { success: 1 } })
    }
  })

  test('TLS-05: one that fits none gets no mail, and the reply says why', async () => {
    const { outside, server } = await signed([wrong])
    const reply = await replyOf(outside, 'bob@dane.example')
    assert.deepEqual([reply.code, reply.status], [451, '4.7.5'])
    assert.match(reply.detail ?? '', /^mx1\.dane\.example\[127\.0\.0\.11\]:\d+: DANE: no TLSA record fits .*CN=mx1\.sts\.example/)
    assert.ok(!commands(server).some(line => line.startsWith('MAIL')))
    assert.deepEqual(await counts(outside), { tlsa: { 'validation-failure': 1 } })
  })

  test('TLS-05: DANE-EE means neither name nor dates, DANE-TA both', () => {
    const late = new X509Certificate(expired.cert)
    const tlsa = (text: string) => {
      const [usage, selector, matching, data = ''] = text.split(' ')
      return { usage: Number(usage), selector: Number(selector), matching: Number(matching), data }
    }
    const check = (chain: readonly X509Certificate[], record: string, names = ['mx1.dane.example']) =>
      matchDane(chain, { records: [tlsa(record)], names })?.code
    assert.equal(check([late], records['3 1 1'], ['other.example']), undefined)
    assert.equal(check([own, anchor], records['2 0 1'], ['x.example', 'mx1.dane.example']), undefined)
    assert.equal(check([own, anchor], records['2 0 1'], ['other.example']), 'certificate-host-mismatch')
    assert.equal(check([late, anchor], records['2 0 1']), 'certificate-expired')
    assert.equal(check([own], records['2 0 0']), undefined)
    assert.equal(check([own], records['2 0 1']), 'validation-failure')
    assert.equal(check([new X509Certificate(localhost.cert), anchor], records['2 0 1'], ['localhost']), 'validation-failure')
    assert.equal(check([], records['3 1 1']), 'validation-failure')
  })

  test('CLI-15: with DANE a server without STARTTLS gets no mail', async () => {
    const { outside, server } = await signed([records['3 1 1']], { script: { ehlo: '250 mx1.dane.example' } })
    assert.equal((await replyOf(outside, 'bob@dane.example')).status, '4.7.5')
    assert.ok(!commands(server).some(line => line.startsWith('MAIL')))
    assert.deepEqual(await counts(outside), { tlsa: { 'starttls-not-supported': 1 } })
  })

  test('TLS-05: records of which none can be used: encrypted, by whatever certificate', async () => {
    for (const record of [
      `0 0 1 ${'00'.repeat(32)}`,
      `3 1 1 00`,
      `3 2 1 ${'00'.repeat(32)}`,
      `3 1 3 ${'00'.repeat(32)}`,
      '3 0 0 ',
    ]) {
      const { outside, server } = await signed([record], { tls: localhost })
      assert.deepEqual(await send(outside), delivered, record)
      assert.ok(commands(server).includes('STARTTLS'))
    }
    const { outside } = await signed([`0 0 1 ${'00'.repeat(32)}`], { tls: localhost, script: { starttls: '454 4.7.0 Not now' } })
    assert.equal((await replyOf(outside, 'bob@dane.example')).status, '4.7.5')
  })

  test('TLS-05: records that cannot be found out, or are bogus: later, and the server is not even asked', async () => {
    const { outside, server } = await signed('SERVFAIL')
    const reply = await replyOf(outside, 'bob@dane.example')
    assert.deepEqual([reply.code, reply.status], [451, '4.7.5'])
    assert.match(reply.detail ?? '', /DANE: TLSA _\d+\._tcp\.mx1\.dane\.example: .*SERVFAIL/)
    assert.equal(server.connections, 0)
    assert.deepEqual(await counts(outside), { tlsa: { 'dnssec-invalid': 1 } })
  })

  test('TLS-05: nothing counts that is not signed all the way', async () => {
    const insecure: Record<string, ZoneRecords>[] = [
      { 'dane.example': { MX: [{ preference: 10, exchange: 'mx1.dane.example' }], secure: false } },
      { 'mx1.dane.example': { A: ['127.0.0.11'], secure: false } },
    ]
    for (const changes of insecure) {
      const { outside } = await signed([wrong], {}, changes)
      assert.deepEqual(await send(outside), delivered)
      assert.ok(!outside.dns.queries.some(({ type }) => type === 'TLSA'))
    }
    const { outside } = await signed(undefined)
    outside.dns.set(`_${outside.port}._tcp.mx1.dane.example`, { TLSA: [wrong], secure: false })
    assert.deepEqual(await send(outside), delivered)
    assert.deepEqual(await counts(outside), { 'no-policy-found': { success: 1 } })
  })

  test('TLS-05: the records of the name at the end of an alias count before those of the alias', async () => {
    const alias = {
      'mx1.dane.example': { CNAME: 'real.dane.example', secure: true },
      'real.dane.example': { A: ['127.0.0.11'], secure: true },
    }
    const { outside } = await signed([wrong], {}, alias)
    outside.dns.set(`_${outside.port}._tcp.real.dane.example`, { TLSA: [records['3 1 1']], secure: true })
    assert.deepEqual(await send(outside), delivered)
    outside.dns.set(`_${outside.port}._tcp.real.dane.example`, undefined)
    assert.equal((await replyOf(outside, 'bob@dane.example')).status, '4.7.5')
  })

  test('DANE of a domain without MX is that of the domain', async () => {
    const outside = await openOutside({ 'mx1.dane.example': { A: ['127.0.0.11'], secure: true } })
    outside.dns.set(`_${outside.port}._tcp.mx1.dane.example`, { TLSA: [wrong], secure: true })
    await serve(outside, '127.0.0.11', { tls: whole })
    assert.equal((await replyOf(outside, 'bob@mx1.dane.example')).status, '4.7.5')
  })

  test('the next server is tried when the first cannot prove who it is', async () => {
    const both = [
      { preference: 10, exchange: 'mx1.dane.example' },
      { preference: 20, exchange: 'mx2.dane.example' },
    ]
    const changes = { 'dane.example': { MX: both, secure: true }, 'mx2.dane.example': { A: ['127.0.0.12'], secure: true } }
    const { outside } = await signed([wrong], {}, changes)
    const second = await serve(outside, '127.0.0.12', { tls: localhost })
    assert.deepEqual(await send(outside), delivered)
    assert.equal(second.messages.length, 1)
  })

  test('without any policy: encrypted with any certificate, in clear where TLS fails or is not there; each is counted', async () => {
    const zone = { 'dane.example': { A: ['127.0.0.11'] } }
    const old = { ...localhost, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const cases: readonly [NextHopOptions, Record<string, number>][] = [
      [{ tls: localhost }, { success: 1 }],
      [{}, { 'starttls-not-supported': 1 }],
      // It is tried with TLS, and then in clear: that is one session of which TLS has failed.
      [{ tls: old }, { 'validation-failure': 1 }],
    ]
    for (const [options, expected] of cases) {
      const outside = await openOutside(zone)
      await serve(outside, '127.0.0.11', options)
      assert.deepEqual(await send(outside), delivered)
      assert.deepEqual(await counts(outside), { 'no-policy-found': expected })
    }
  })

  test('REQUIRETLS: given on to a server that has proved who it is and offers it; else refused', async () => {
    const extensions = [...defaultExtensions, 'REQUIRETLS']
    const strict = { requireTls: true }
    const good = await signed([records['3 1 1']], { extensions })
    assert.deepEqual(await deliver(good.outside, ['bob@dane.example'], strict), delivered)
    assert.match(commands(good.server).find(line => line.startsWith('MAIL')) ?? '', / REQUIRETLS$/)
    const unwilling = await signed([records['3 1 1']])
    assert.deepEqual(await deliver(unwilling.outside, ['bob@dane.example'], strict), ['554 5.7.30'])
    const unproved = await signed(undefined, { extensions })
    assert.deepEqual(await deliver(unproved.outside, ['bob@dane.example'], strict), ['554 5.7.30'])
  })

  test('a message that says TLS-Required: No is rather delivered than protected', async () => {
    const { outside } = await signed([wrong])
    assert.deepEqual(await deliver(outside, ['bob@dane.example'], { tlsOptional: true }), delivered)
    assert.deepEqual(await deliver(outside, ['bob@dane.example'], { tlsOptional: true, requireTls: true }), ['451 4.7.5'])
  })
})
