import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Zone, ZoneRecords } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import { needsCorpus, readCorpus, readCorpusJson, zoneOf } from './support/corpus.ts'
import { type Delivery, type Judged, JudgedMail } from './support/judged-mail.ts'
import { readSpfSuite } from './support/spf-suite.ts'

// In observe mode everything is found out and nothing is refused. The policy needs SPF, DKIM, ARC and DMARC.
const rules = '[{ use: dmarc }]'

/** Why a case of another project does not count for us. */
type Exclusions = Readonly<Record<string, string>>

let mail: JudgedMail
before(async () => {
  mail = await JudgedMail.start({ rules, mode: 'observe' })
})
after(() => mail?.stop())

interface Case extends Delivery {
  readonly id: string
  /** What is wrong with what has become of it. */
  fault(judged: Judged): string | undefined
}

/** Sends all of them, one after the other, and fails with what is wrong about any. */
async function sendAll(cases: readonly Case[]): Promise<string> {
  const faults: string[] = []
  for (const each of cases) {
    const judged = await mail.send(each)
    const fault = notDelivered(judged, each.content) ?? each.fault(judged)
    if (fault !== undefined) faults.push(`${each.id}: ${fault}`)
  }
  assert.deepEqual(faults, [])
  return `${cases.length} cases`
}

/** A gateway must not break the signatures that it has verified: below our fields each byte is as it came. */
function notDelivered({ answer, stored }: Judged, content: Buffer): string | undefined {
  if (answer.code !== 250) return `${answer.code} ${answer.text}`
  const sent = content.subarray(-2).equals(Buffer.from('\r\n')) ? content : Buffer.concat([content, Buffer.from('\r\n')])
  return stored?.subarray(-sent.length).equals(sent) ? undefined : 'has arrived otherwise than it was sent'
}

function expected(method: string, result: string) {
  return (judged: Judged) => (judged.first(method) === result ? undefined : `expected ${result}, found ${judged.results}`)
}

describe('DKIM', { skip: needsCorpus('dkim') }, () => {
  test('every case that all verifiers agree on passes, or does not', async t => {
    const cases = readCorpusJson('dkim/cases.json').filter(({ must }: { must: string }) => must !== 'depends-on-policy')
    const deliveries = cases.map(({ id, file, dns, must }: Record<string, string>) => ({
      id,
      zone: zoneOf(dns as never),
      content: readCorpus(`dkim/${file}`),
      fault: (judged: Judged) => {
        const found = judged.all('dkim').includes('pass') ? 'pass' : 'not-pass'
        return found === must ? undefined : `must ${must}: ${judged.results}`
      },
    }))
    t.diagnostic(await sendAll(deliveries))
  })

  test('what one may decide otherwise is decided as RFC 8301 has it: no rsa-sha1, no drafts', async t => {
    const cases = readCorpusJson('dkim/cases.json').filter(({ must }: { must: string }) => must === 'depends-on-policy')
    const deliveries = cases.map(({ id, file, dns }: Record<string, string>) => ({
      id,
      zone: zoneOf(dns as never),
      content: readCorpus(`dkim/${file}`),
      fault: (judged: Judged) => (judged.all('dkim').includes('pass') ? judged.results : undefined),
    }))
    t.diagnostic(await sendAll(deliveries))
  })
})

describe('a signed message of 3 MB, which waits on disk', () => {
  test('passes as it is, and fails when its last byte was changed', async () => {
    const { zone, sign } = signer('sender.example')
    const long = Buffer.concat([letter('long', 'ann@sender.example'), Buffer.from('so much to say \r\n'.repeat(180_000))])
    const content = await sign(long)
    const changed = Buffer.concat([content.subarray(0, -3), Buffer.from('!\r\n')])
    const cases = [
      { id: 'as it is', content, expect: 'pass' },
      { id: 'changed', content: changed, expect: 'fail' },
    ]
    await sendAll(cases.map(({ expect, ...each }) => ({ ...each, zone, fault: expected('dkim', expect) })))
  })
})

describe('ARC', { skip: needsCorpus('arc') }, () => {
  test('every chain passes or fails as it should', async t => {
    const cases = readCorpusJson('arc/cases.json').map(({ id, file, dns, expect }: Record<string, string>) => ({
      id,
      zone: zoneOf(dns as never),
      content: readCorpus(`arc/${file}`),
      // Without the keys of the time it must not pass, and that is all that is known.
      fault: expect ? expected('arc', expect) : (judged: Judged) => (judged.first('arc') === 'pass' ? judged.results : undefined),
    }))
    t.diagnostic(await sendAll(cases))
  })
})

describe('SPF', { skip: needsCorpus('spf') }, () => {
  const notRfc: Exclusions = {
    'rspamd-spf-spf-fail-unresolveable-include': 'rspamd goes on where RFC 7208, 5.2 wants a permerror',
    'rspamd-spf-spf-allow-dns-requests-at-limit': 'rspamd allows 30 look-ups, RFC 7208, 4.6.4 allows 10',
    'rspamd-spf-spf-ptrs-2': 'rspamd does not count void look-ups (RFC 7208, 4.6.4)',
    'rspamd-spf-spf-external-relay': 'rspamd takes the client from a Received field; the case names none',
  }
  const existsAsksForA = 'for mail-auth an AAAA record exists too; RFC 7208, 5.7 asks for A, also when the client comes by IPv6'
  const notRfcInMailAuth: Exclusions = {
    'Exists: sender@ip6.test.org from 167.1.2.3': existsAsksForA,
    'Macro expansion 2: strong-bad@email.example.com from 2001:db8::cb01': existsAsksForA,
    'IPv6 match: sender@test.org from 10.1.2.3':
      'for mail-auth ip6:::ffff:10.1.2.3 is 10.1.2.3; RFC 7208, 5.6 compares no IPv4 client with an IPv6 network',
  }

  test('every case of rspamd that is RFC 7208', async t => {
    const all: Record<string, string>[] = readCorpusJson('spf/rspamd-spf-cases.json')
    const zone = zoneOf(readCorpusJson('spf/rspamd-dns.json'))
    const cases = all
      .filter(({ id = '' }) => !(id in notRfc))
      .map(({ id = '', client_ip, mail_from, helo, expect }) => ({
        id,
        zone,
        content: letter(id),
        ...(client_ip && { ip: client_ip }),
        ...(mail_from && { sender: mail_from }),
        ...(helo && { helo }),
        fault: expected('spf', (expect as unknown as { spf: string }).spf),
      }))
    t.diagnostic(`${await sendAll(cases)}, ${all.length - cases.length} excluded`)
  })

  for (const name of ['examples', 'exists', 'include', 'ip', 'macro', 'mx', 'redirect']) {
    test(`every question of mail-auth: ${name}`, async t => {
      const all = readSpfSuite(readCorpus(`spf/mailauthrs-${name}.yml`).toString())
      assert.ok(all.length > 0)
      const cases = all.map(({ expect, ...each }) => ({
        ...each,
        id: `${each.name}: ${each.sender} from ${each.ip}`,
        content: letter(name),
        fault: expected('spf', expect),
      }))
      const ours = cases.filter(({ id }) => !(id in notRfcInMailAuth))
      t.diagnostic(`${await sendAll(ours)}, ${cases.length - ours.length} excluded`)
    })
  }
})

describe('DMARC', { skip: needsCorpus('dmarc') }, () => {
  test('every vector of RFC 9989, made into mail', async t => {
    const vectors: Vector[] = readCorpusJson('dmarc/dmarc-vectors.json')
    const cases = await Promise.all(vectors.map(vector => vectorCase({ ...vector, ...decided[vector.id] })))
    t.diagnostic(await sendAll(cases.flat()))
  })

  test('every case of rspamd', async t => {
    const zone = zoneOf(readCorpusJson('dmarc/rspamd-dns.json'))
    const cases = readCorpusJson('dmarc/rspamd-dmarc-cases.json').map(
      ({ id, message, client_ip, mail_from, helo, expect }: RspamdCase) => {
        // RFC 9989, A.7: pct is no more, so it cannot soften the policy.
        const [result = '', policy] = id.includes('-pct-') ? ['fail', 'reject'] : expect.dmarc.split(':')
        return {
          id,
          zone,
          content: Buffer.from(readCorpus(`dmarc/${message}`).toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1'),
          ...(client_ip && { ip: client_ip }),
          // One of them tells the test program of rspamd something else here than an address.
          ...(mail_from?.includes('@') && { sender: mail_from }),
          ...(helo && { helo }),
          fault: dmarcExpected(result, policy),
        }
      },
    )
    t.diagnostic(await sendAll(cases))
  })
})

interface RspamdCase {
  readonly id: string
  readonly message: string
  readonly client_ip?: string
  readonly mail_from?: string
  readonly helo?: string
  readonly expect: { readonly dmarc: string }
}

interface Vector {
  readonly id: string
  readonly dns: Parameters<typeof zoneOf>[0]
  readonly header_from?: string
  readonly spf: readonly { readonly domain: string; readonly result: string }[]
  readonly dkim: readonly { readonly domain: string; readonly result: string }[]
  readonly expect: { readonly result?: string; readonly policy?: string }
}

/** docs/decisions/0009 */
const decided: Readonly<Record<string, Partial<Vector>>> = {
  'rfc9989-05': { expect: { result: 'fail', policy: 'none' } },
  'mdmarc-psd-y': { expect: { result: 'none' } },
}

/** A vector names outcomes. Here they are brought about: by an SPF record, and by signatures, one of them broken if it shall fail. */
async function vectorCase({ id, dns, header_from, spf, dkim, expect }: Vector): Promise<Case[]> {
  // Others are about reports, or about nothing that a receiver sees.
  if (header_from === undefined || (expect.result === undefined && expect.policy === undefined)) return []
  const zone: Record<string, Zone[string]> = { ...zoneOf(dns) }
  const [first] = spf
  if (first) {
    const name = first.domain.toLowerCase()
    const record = first.result === 'pass' ? 'v=spf1 ip4:192.0.2.55 -all' : 'v=spf1 -all'
    zone[name] = { ...(zone[name] as ZoneRecords), TXT: [record] }
  }
  let content = letter(id, header_from)
  for (const { domain } of dkim) {
    const { zone: keys, sign } = signer(domain.toLowerCase())
    Object.assign(zone, keys)
    content = await sign(content)
  }
  if (dkim.some(({ result }) => result !== 'pass')) content = Buffer.concat([content, Buffer.from('altered\r\n')])
  const sender = first && `bounce@${first.domain.toLowerCase()}`
  return [{ id, zone, content, ...(sender && { sender }), fault: dmarcExpected(expect.result, expect.policy) }]
}

function dmarcExpected(result: string | undefined, policy: string | undefined) {
  return (judged: Judged) => {
    const found = / policy\.dmarc=(\w+)/.exec(judged.results)?.[1]
    const isRight = (result === undefined || judged.first('dmarc') === result) && (policy === undefined || found === policy)
    return isRight ? undefined : `expected ${result} ${policy}, found ${judged.results}`
  }
}

/** A message that nobody has signed. */
function letter(subject: string, from = 'user@neutral.invalid'): Buffer {
  const fields = [`From: ${from}`, 'To: bob@our.example', `Subject: ${subject}`, `Message-ID: <${subject}@vectors.invalid>`]
  return Buffer.from([...fields, 'Date: Mon, 23 Nov 2026 10:00:00 +0000', '', subject, ''].join('\r\n'))
}
