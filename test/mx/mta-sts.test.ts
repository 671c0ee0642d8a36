import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { localhost, type NextHopOptions } from '../../fixtures/next-hop.ts'
import { memoryStore } from '../../src/world/memory-store.ts'
import { commands } from '../relay/relaying.ts'
import {
  deliver,
  delivered,
  expired,
  issued,
  type Outside,
  openOutside,
  type PolicyAnswer,
  replyOf,
  serve,
  startPolicyHost,
} from './outside.ts'

const record = (id: string) => [`v=STSv1; id=${id};`]
const policy = (mode: string, ...mx: string[]) =>
  ['version: STSv1', `mode: ${mode}`, ...mx.map(name => `mx: ${name}`), 'max_age: 604800', ''].join('\r\n')
const enforced = { body: policy('enforce', '*.sts.example') }
const day = () => new Date().toISOString().slice(0, 10)

interface Scene {
  readonly answer?: PolicyAnswer
  /** Of the policy host. */
  readonly tls?: typeof issued
  readonly server?: NextHopOptions
}

/** A domain with a policy, and one server. What the policy host says can be changed. */
async function scene({ answer = enforced, tls = issued, server = { tls: issued } }: Scene = {}) {
  let said = answer
  let now = Date.now()
  const host = await startPolicyHost(() => said, tls)
  const outside = await openOutside(
    {
      'sts.example': { MX: [{ preference: 10, exchange: 'mx1.sts.example' }] },
      'mx1.sts.example': { A: ['127.0.0.11'] },
      'mx2.sts.example': { A: ['127.0.0.12'] },
      '_mta-sts.sts.example': { TXT: record('1') },
      'mta-sts.sts.example': { A: ['127.0.0.1'] },
    },
    { ports: { smtp: await anyPort(), https: host.port }, now: () => new Date(now), store: memoryStore(() => new Date(now)) },
  )
  return {
    outside,
    host,
    server: await serve(outside, '127.0.0.11', server),
    say: (answer: PolicyAnswer) => {
      said = answer
    },
    pass: (hours: number) => {
      now += hours * 3_600_000
    },
  }
}

async function anyPort(): Promise<number> {
  const { port, outbound } = await openOutside({})
  outbound.close()
  return port
}

const send = (outside: Outside) => deliver(outside, ['bob@sts.example'])

async function counts({ outbound }: Outside, on = day()) {
  const counted = await outbound.report.read(on, 'sts.example')
  return Object.fromEntries(counted.map(({ policy, results }) => [policy, results]))
}

describe('MTA-STS', () => {
  test('TLS-03: enforce: a server whose certificate is valid for its name gets mail', async () => {
    const { outside, host, server } = await scene()
    assert.deepEqual(await send(outside), delivered)
    assert.deepEqual(host.requests, ['mta-sts.sts.example/.well-known/mta-sts.txt'])
    assert.ok(commands(server).includes('STARTTLS'))
    assert.deepEqual(await send(outside), delivered)
    assert.equal(host.requests.length, 1)
    assert.deepEqual(await counts(outside), { sts: { success: 1 } })
  })

  test('TLS-03, CLI-15: enforce: a wrong certificate, or no TLS at all, is no mail, and counted', async () => {
    const cases: readonly [NextHopOptions, string][] = [
      [{ tls: localhost }, 'certificate-not-trusted'],
      [{ tls: expired }, 'certificate-expired'],
      [{}, 'starttls-not-supported'],
      [{ tls: issued, script: { starttls: '454 4.7.0 Not now' } }, 'starttls-not-supported'],
    ]
    for (const [options, result] of cases) {
      const { outside, server } = await scene({ server: options })
      const reply = await replyOf(outside, 'bob@sts.example')
      assert.deepEqual([reply.code, reply.status], [451, '4.7.5'], result)
      assert.ok(!commands(server).some(line => line.startsWith('MAIL')))
      assert.deepEqual(await counts(outside), { sts: { [result]: 1 } })
    }
  })

  test('TLS-03: enforce: a certificate for another name is none', async () => {
    const { outside, say } = await scene()
    say({ body: policy('enforce', 'mx9.sts.example') })
    outside.dns.set('sts.example', { MX: [{ preference: 10, exchange: 'mx9.sts.example' }] })
    outside.dns.set('mx9.sts.example', { A: ['127.0.0.11'] })
    const { status, detail = '' } = await replyOf(outside, 'bob@sts.example')
    assert.equal(status, '4.7.5')
    assert.match(
      detail,
      /mx9\.sts\.example\[127\.0\.0\.11\]:\d+: MTA-STS: ERR_TLS_CERT_ALTNAME_INVALID \(shown: CN=mx1\.sts\.example/,
    )
    assert.deepEqual(await counts(outside), { sts: { 'certificate-host-mismatch': 1 } })
  })

  test('TLS-03: enforce: a server that the policy does not name gets none; the next one may', async () => {
    const { outside, server } = await scene({ answer: { body: policy('enforce', 'mx2.sts.example') } })
    assert.equal((await replyOf(outside, 'bob@sts.example')).status, '4.7.5')
    assert.equal(server.connections, 0)
    const both = ['mx1.sts.example', 'mx2.sts.example'].map((exchange, at) => ({ preference: at, exchange }))
    outside.dns.set('sts.example', { MX: both })
    const second = await serve(outside, '127.0.0.12', { tls: issued })
    assert.deepEqual(await send(outside), delivered)
    assert.deepEqual([server.connections, second.messages.length], [0, 1])
  })

  test('TLS-03: testing: delivered whatever there is, and counted', async () => {
    const answer = { body: policy('testing', 'mx1.sts.example') }
    const wrong = await scene({ answer, server: { tls: localhost } })
    assert.deepEqual(await send(wrong.outside), delivered)
    assert.deepEqual(await counts(wrong.outside), { sts: { 'certificate-not-trusted': 1 } })
    const clear = await scene({ answer, server: {} })
    assert.deepEqual(await send(clear.outside), delivered)
    assert.deepEqual(await counts(clear.outside), { sts: { 'starttls-not-supported': 1 } })
    const stranger = await scene({ answer: { body: policy('testing', 'mx2.sts.example') } })
    assert.deepEqual(await send(stranger.outside), delivered)
  })

  test('TLS-03: the policy host is down later: the policy still holds, also when its record is gone, and after a restart', async () => {
    const first = await scene({ server: { tls: localhost } })
    assert.equal((await replyOf(first.outside, 'bob@sts.example')).status, '4.7.5')
    await first.host.close()
    first.pass(30)
    for (const entry of [{ TXT: record('2') }, 'SERVFAIL', undefined] as const) {
      first.outside.dns.set('_mta-sts.sts.example', entry)
      assert.equal((await replyOf(first.outside, 'bob@sts.example')).status, '4.7.5', JSON.stringify(entry))
    }
    const again = await openOutside({}, { store: first.outside.store })
    assert.equal((await again.outbound.policyOf('sts.example'))?.mode, 'enforce')
    first.pass(7 * 24)
    assert.equal(await again.outbound.policyOf('sts.example'), undefined)
  })

  test('TLS-03: another id fetches the policy again; the same one does so now and then, and no mail waits for it', async () => {
    const { outside, host, say, pass } = await scene()
    assert.equal((await outside.outbound.policyOf('sts.example'))?.mode, 'enforce')
    say({ body: policy('none') })
    assert.equal((await outside.outbound.policyOf('sts.example'))?.mode, 'enforce')
    outside.dns.set('_mta-sts.sts.example', { TXT: record('2') })
    assert.equal((await outside.outbound.policyOf('sts.example'))?.mode, 'none')
    assert.equal(host.requests.length, 2)
    say(enforced)
    pass(25)
    assert.equal((await outside.outbound.policyOf('sts.example'))?.mode, 'none')
    while ((await outside.outbound.policyOf('sts.example'))?.mode !== 'enforce') await new Promise(setImmediate)
    assert.equal(host.requests.length, 3)
  })

  test('TLS-03: what is no policy is not followed: it is counted, and not asked for again at once', async () => {
    const long = `${policy('enforce', 'mx1.sts.example')}${'x-more: text\r\n'.repeat(6000)}`
    const cases: readonly [Scene, string][] = [
      [
        { answer: { status: 301, headers: { location: 'https://sts.example/', 'content-type': 'text/plain' } } },
        'sts-policy-fetch-error',
      ],
      [{ answer: { status: 404 } }, 'sts-policy-fetch-error'],
      [{ answer: { ...enforced, headers: { 'content-type': 'text/html' } } }, 'sts-policy-fetch-error'],
      [{ answer: { body: long } }, 'sts-policy-fetch-error'],
      [{ answer: { body: 'version: STSv1\nmode: enforce\nmax_age: 60\n' } }, 'sts-policy-invalid'],
      [{ answer: { body: '<html>' } }, 'sts-policy-invalid'],
      [{ tls: localhost }, 'sts-webpki-invalid'],
      [{ tls: expired }, 'sts-webpki-invalid'],
    ]
    for (const [options, result] of cases) {
      const { outside, host } = await scene(options)
      for (let i = 0; i < 2; i++) assert.deepEqual(await send(outside), delivered)
      assert.ok(host.requests.length <= 1)
      assert.deepEqual(await counts(outside), { sts: { [result]: 1 }, 'no-policy-found': { success: 1 } })
    }
  })

  test('TLS-03: two records, or one that is none, are no policy', async () => {
    const { outside, host } = await scene()
    for (const TXT of [[...record('1'), ...record('2')], ['v=STSv1;'], ['v=STSv1; id=with-dash'], ['id=1; v=STSv1']]) {
      outside.dns.set('_mta-sts.sts.example', { TXT })
      assert.equal(await outside.outbound.policyOf('sts.example'), undefined)
    }
    outside.dns.set('_mta-sts.sts.example', { TXT: ['v=spf1 -all', ...record('1')] })
    assert.equal((await outside.outbound.policyOf('sts.example'))?.mode, 'enforce')
    assert.equal(host.requests.length, 1)
  })

  test('TLS-04: DANE goes before it, whether it is good or broken', async () => {
    const { outside } = await scene()
    outside.dns.set('sts.example', { MX: [{ preference: 10, exchange: 'mx1.sts.example' }], secure: true })
    outside.dns.set('mx1.sts.example', { A: ['127.0.0.11'], secure: true })
    const name = `_${outside.port}._tcp.mx1.sts.example`
    outside.dns.set(name, { TLSA: [`3 1 1 ${'00'.repeat(32)}`], secure: true })
    assert.equal((await replyOf(outside, 'bob@sts.example')).status, '4.7.5')
    outside.dns.set(name, 'SERVFAIL')
    assert.equal((await replyOf(outside, 'bob@sts.example')).status, '4.7.5')
    outside.dns.set(name, undefined)
    assert.deepEqual(await send(outside), delivered)
  })

  test('the counts of a day can be read for all domains', async () => {
    const { outside } = await scene()
    await send(outside)
    await deliver(outside, ['a@mx1.sts.example'])
    const all = await outside.outbound.report.read(day())
    assert.deepEqual(
      all.map(({ domain, policy, results }) => [domain, policy, results]),
      [
        ['mx1.sts.example', 'no-policy-found', { success: 1 }],
        ['sts.example', 'sts', { success: 1 }],
      ],
    )
    assert.deepEqual(await outside.outbound.report.read('2020-01-01'), [])
  })
})
