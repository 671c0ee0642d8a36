import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import { send, startGateway } from './gateway.ts'

// The scenario table of the default set, each case over real sockets with a real DNS server. The numbers are the table's.

interface Rule {
  readonly use: string
  readonly options?: Readonly<Record<string, unknown>>
}

const rules: readonly Rule[] = parse(await readFile(join(import.meta.dirname, '../../policies/default.yaml'), 'utf8'))

/** The default set with other options for some rules; what is refused is refused at once. */
function defaultRules(changes: Readonly<Record<string, object>> = {}): string {
  const changed = { 'score-limit': { trialDays: 0 }, ...changes } as Readonly<Record<string, object>>
  return JSON.stringify(rules.map(rule => ({ ...rule, options: { ...rule.options, ...changed[rule.use] } })))
}

const ip = '203.0.113.5'
const reversed = '5.113.0.203'
const pointer = `${reversed}.in-addr.arpa`
const zen = `${reversed}.zen.spamhaus.org`
const dynamic = 'dsl-203-0-113-5.isp.example'

const named = (name: string): Zone => ({ [pointer]: { PTR: [name] }, [name]: { A: [ip] } })
const spf = (record: string): Zone => ({
  'sender.example': { MX: [{ preference: 10, exchange: 'mx.sender.example' }], TXT: [record] },
})
const dmarc = (domain: string, policy: string): Zone => ({ [`_dmarc.${domain}`]: { TXT: [`v=DMARC1; p=${policy}`] } })

/** What everybody can find out: the lists work, and have nobody on them. */
const world: Zone = {
  'mx.sender.example': { A: [ip] },
  ...spf('v=spf1 -all mx'),
  'bank.example': { MX: [{ preference: 10, exchange: 'mx.bank.example' }], TXT: ['v=spf1 ip4:198.51.100.1 -all'] },
  'list.example': { MX: [{ preference: 10, exchange: 'mx.list.example' }], TXT: [`v=spf1 ip4:${ip} -all`] },
  '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2', '127.0.0.4', '127.0.0.10'] },
  '2.0.0.127.list.dnswl.org': { A: ['127.0.10.0'] },
  'test.dbl.spamhaus.org': { A: ['127.0.1.2'] },
  'dbltest.com.dbl.spamhaus.org': { A: ['127.0.1.2'] },
  ...Object.fromEntries(
    ['bl.spamcop.net', 'bl.mailspike.net', 'bl.blocklist.de', 'dnsbl-1.uceprotect.net'].map(list => [
      `2.0.0.127.${list}`,
      { A: ['127.0.0.2'] },
    ]),
  ),
}

const allowed = spf(`v=spf1 ip4:${ip} -all`)
const forbidden = spf('v=spf1 ip4:198.51.100.9 -all')
const allGood: Zone = { ...allowed, ...dmarc('sender.example', 'reject'), ...signer('sender.example').zone }

function letter(from = 'ann@sender.example', extra: Readonly<Record<string, string>> = {}): Buffer {
  const fields = {
    From: from,
    To: 'bob@our.example',
    Subject: 'Hello',
    Date: 'Tue, 24 Nov 2026 10:00:00 +0000',
    'Message-ID': '<1@x.example>',
  }
  const header = Object.entries({ ...fields, ...extra }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${header.join('')}\r\nHello Bob!\r\n`)
}

interface Case {
  readonly zone?: Zone
  readonly helo?: string
  readonly sender?: string
  readonly recipient?: string
  readonly content?: Buffer
  /** Options that differ, by policy. */
  readonly options?: Readonly<Record<string, object>>
}

/** What becomes of a letter: its points, its outcome and who decided, and what the reader is told. */
async function judge({ zone = {}, options = {}, recipient = 'bob@our.example', ...session }: Case) {
  await using gateway = await startGateway({ zone: { ...world, ...zone }, rules: defaultRules(options) })
  const { helo = 'mx.sender.example', sender = 'ann@sender.example', content = letter() } = session
  const client = await gateway.client(ip)
  const { rcpts, data } = await send(client, { helo, sender, recipients: [recipient], content })
  await client.quit()
  const [trace] = gateway.traces
  const [fate] = trace?.recipients ?? []
  assert.deepEqual(
    trace?.entries.filter(({ error }) => error),
    [],
  )
  const stored = gateway.nextHop.messages[0]?.content.toString('latin1') ?? ''
  return {
    outcome: `${Number(fate?.score.toFixed(2))} ${fate?.outcome}${fate?.tagged ? ' tagged' : ''} ${fate?.rule ?? ''}`.trim(),
    reply: data ?? rcpts[0],
    results: /^Authentication-Results:((?:.|\r\n[ \t])*)/m.exec(stored)?.[1]?.replaceAll(/\s+/g, ' ') ?? '',
    header: /^X-Postern:((?:.|\r\n[ \t])*)/m.exec(stored)?.[1]?.replaceAll(/\s+/g, ' ') ?? '',
    log: gateway.log,
    trace,
  }
}

describe('the default set', () => {
  it('case 1: a new machine with a generic, confirmed name, and everything signed', async () => {
    const zone = { ...allGood, ...named('vps-203-0-113-5.hoster.example') }
    const { outcome, results } = await judge({ zone, content: await signer('sender.example').sign(letter()) })
    assert.equal(outcome, '-0.4 delivered')
    assert.match(
      results,
      /spf=pass smtp\.mailfrom=sender\.example; dkim=pass header\.d=sender\.example .*dmarc=pass header\.from=sender\.example/,
    )
  })

  it('case 2: a server at home, in PBL space, with a dynamic name, and everything signed', async () => {
    const zone = { ...allGood, ...named(dynamic), [zen]: { A: ['127.0.0.10'] } }
    const content = await signer('sender.example').sign(letter())
    assert.equal((await judge({ zone, content })).outcome, '3.6 delivered')
  })

  it('case 3: the Exchange server of an office, without a name, that only SPF vouches for', async () => {
    assert.equal((await judge({ zone: allowed, helo: 'exchange.office.local' })).outcome, '2.3 delivered')
  })

  it('case 4: a bot is refused by evidence of three kinds', async () => {
    const zone = { ...forbidden, ...named(dynamic), [zen]: { A: ['127.0.0.4'] } }
    const { outcome, reply } = await judge({ zone, helo: 'win-abc' })
    assert.equal(outcome, '12 rejected score-limit')
    assert.match(
      `${reply?.code} ${reply?.text}`,
      /^550 5\.7\.1 This message looks like spam; questions to postmaster@our\.example \[\w+\.1\]$/,
    )
  })

  it('case 4 in the first 14 days: it waits in quarantine', async () => {
    const zone = { ...forbidden, ...named(dynamic), [zen]: { A: ['127.0.0.4'] } }
    const { outcome, trace } = await judge({ zone, helo: 'win-abc', options: { 'score-limit': {} } })
    assert.equal(outcome, '12 quarantined score-limit')
    assert.equal(trace?.recipients[0]?.reason, 'would-be-refused')
  })

  it('case 4b: with a list that is trusted it is refused outright', async () => {
    const zone = { ...forbidden, ...named(dynamic), [zen]: { A: ['127.0.0.4'] } }
    const options = {
      'trusted-dnsbl': { lists: [{ zone: 'zen.spamhaus.org', codes: ['127.0.0.2', '127.0.0.4-127.0.0.7', '127.0.0.9'] }] },
    }
    const { outcome, reply } = await judge({ zone, helo: 'win-abc', options })
    assert.match(outcome, / rejected trusted-dnsbl$/)
    assert.equal(reply?.code, 554)
  })

  it('case 5: snowshoe spam, with a good name and everything signed, from a bad domain', async () => {
    const zone = {
      ...allGood,
      ...named('mx.sender.example'),
      [zen]: { A: ['127.0.0.3'] },
      'sender.example.dbl.spamhaus.org': { A: ['127.0.1.2'] },
    }
    const content = await signer('sender.example').sign(letter())
    assert.equal((await judge({ zone, content })).outcome, '8.6 quarantined score-limit')
  })

  it('case 6: a bank by way of a forwarder: SPF fails, the signature holds', async () => {
    const zone = { ...dmarc('bank.example', 'reject'), ...signer('bank.example').zone, ...named('out.alumni.example') }
    const content = await signer('bank.example').sign(letter('info@bank.example'))
    const { outcome, results } = await judge({ zone, sender: 'info@bank.example', content })
    assert.equal(outcome, '-1.2 delivered')
    assert.match(results, /spf=fail .*dkim=pass .*dmarc=pass/)
  })

  const throughList = async (): Promise<Case> => ({
    zone: { ...dmarc('bank.example', 'reject'), ...signer('list.example').zone, ...named('mx.list.example') },
    sender: 'bounces@list.example',
    content: await signer('list.example').sign(letter('info@bank.example', { 'List-Id': '<talk.list.example>' })),
  })

  it('case 7: a known mailing list that has changed the message', async () => {
    const { outcome, results, trace } = await judge({ ...(await throughList()), options: { dmarc: { lists: ['list.example'] } } })
    assert.equal(outcome, '-0.4 delivered')
    assert.match(results, /dmarc=fail reason="mailing_list" header\.from=bank\.example policy\.dmarc=reject/)
    assert.ok(trace?.entries.some(({ verdict }) => verdict.action === 'score' && verdict.reason === 'mailing-list'))
  })

  it('case 8: the same from a list that is unknown', async () => {
    assert.equal((await judge(await throughList())).outcome, '3.6 quarantined dmarc')
  })

  it('case 9: a phish that a blocklist knows as well is refused', async () => {
    const zone = { ...dmarc('bank.example', 'reject'), ...named('mx.evil.example'), [zen]: { A: ['127.0.0.3'] } }
    const { outcome, reply } = await judge({ zone, sender: 'info@bank.example', content: letter('info@bank.example') })
    assert.match(outcome, / rejected dmarc$/)
    assert.match(`${reply?.code} ${reply?.text}`, /^550 5\.7\.26 .*DMARC/)
  })

  it('case 10: the first mail of a big provider', async () => {
    const zone = { ...allGood, ...named('mail-out-7.provider.example') }
    const content = await signer('sender.example').sign(letter())
    assert.equal((await judge({ zone, content })).outcome, '-1.4 delivered')
  })

  it('case 11: a blocklist that refuses to answer', async () => {
    const zone = { ...allowed, ...named('mx.sender.example'), '*.zen.spamhaus.org': { A: ['127.255.255.254'] } }
    const { outcome, log } = await judge({ zone })
    assert.equal(outcome, '-0.2 delivered')
    assert.ok(
      log.some(line => /^error this list .*zen\.spamhaus\.org.*public resolvers/.test(line)),
      log.join('\n'),
    )
  })

  it('case 12: no DNS at all', async () => {
    const names = [...Object.keys({ ...world, ...allowed }), pointer, zen]
    const zone: Zone = { ...Object.fromEntries(names.map(name => [name, 'SERVFAIL' as const])), '*': 'SERVFAIL' }
    const { outcome, header, log } = await judge({ zone })
    assert.equal(outcome, '0 delivered')
    assert.match(header, /; degraded=dns;/)
    assert.ok(
      log.some(line => line.startsWith('error the DNS is in trouble')),
      log.join('\n'),
    )
  })

  const bounceOf = (id: string) =>
    Buffer.concat([letter('MAILER-DAEMON@sender.example'), Buffer.from(`\r\nMessage-ID: ${id}\r\nFrom: bob@our.example\r\n`)])
  const sent = { 'null-sender': { sent: ['<sent@our.example>'] } }

  it('case 13: a bounce of our own mail', async () => {
    const zone = { ...named('mx.sender.example'), 'mx.sender.example': { A: [ip], TXT: [`v=spf1 ip4:${ip} -all`] } }
    const { outcome } = await judge({ zone, sender: '', content: bounceOf('<sent@our.example>'), options: sent })
    assert.equal(outcome, '-2.2 delivered')
  })

  it('case 14: a bounce of what we have not sent, which nobody is asked to send again', async () => {
    const zone = named('mx.sender.example')
    assert.equal(
      (await judge({ zone, sender: '', content: bounceOf('<other@our.example>'), options: sent })).outcome,
      '4 delivered',
    )
  })

  it('case 15: abuse@ can be reached from anywhere', async () => {
    const zone = { ...forbidden, [zen]: { A: ['127.0.0.4', '127.0.0.10'] } }
    assert.equal((await judge({ zone, helo: 'win-abc', recipient: 'abuse@our.example' })).outcome, '0 delivered')
  })

  it('case 16: a correspondent whose machine has got into a blocklist', async () => {
    const zone = { ...allGood, [zen]: { A: ['127.0.0.3'] } }
    const content = await signer('sender.example').sign(letter())
    const options = { correspondents: { addresses: ['ann@sender.example'] } }
    assert.equal((await judge({ zone, content, options })).outcome, '0.6 delivered')
  })
})
