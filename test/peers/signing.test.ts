import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DnsServer, startDnsServer } from '../../fixtures/dns-server.ts'
import { arc } from '../../src/facts/index.ts'
import { Sealer } from '../../src/signing/sealer.ts'
import { Signer } from '../../src/signing/signer.ts'
import { zoneDns } from '../../src/testing/zone-dns.ts'
import { find, letter, messageOf } from '../facts/authentication.ts'
import { trace } from '../relay/trace.ts'
import { bytesOf } from '../signing/bytes-of.ts'
import { bothKeys, zoneWith } from '../signing/keys.ts'
import { peerFolder, removeFolder } from './support/folder.ts'
import { needs } from './support/needs.ts'
import { Rspamd } from './support/rspamd.ts'
import { verifyByDkimpy, verifyByOpendkim } from './support/verifiers.ts'

const keys = bothKeys('sender.example')
const [key] = bothKeys('gate.example')
const zone = { ...zoneWith(keys), ...zoneWith([key]) }
const records = Object.fromEntries(Object.entries(zone).map(([name, entry]) => [name, (entry as { TXT: string[] }).TXT[0] ?? '']))
const now = () => new Date()
const common = { maySign: () => true, now, report: () => {} }
const signer = new Signer({ keys, ...common })
const sealer = new Sealer({ key, authservId: 'mx.gate.example', dns: zoneDns(zone), ...common })

const sign = async (content: string) => bytesOf(await signer.sign(messageOf(content)))

/** One hop after the other, each of which verifies the chain first. */
async function seal(content: Buffer, hops: number): Promise<Buffer> {
  let bytes = content
  for (let hop = 0; hop < hops; hop++) {
    const message = messageOf(bytes.toString('latin1'))
    const value = await find(arc, { message }, zone, now())
    bytes = await bytesOf(await sealer.seal(message, trace({ facts: [{ fact: 'arc', value, ms: 1 }] })))
  }
  return bytes
}

const odd = `Received: from x by y; \r
\tTue, 24 Nov 2026 08:00:00 +0000\r
subject:  =?utf-8?Q?J=C3=BCrgen?= \r
\t  and   more \t\r
From: "Ann, A." \r
 <ann@sender.example>  \r
To: a@x.example,\r
\tb@y.example\r
X-Empty:\r
List-Unsubscribe: <https://sender.example/u>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
\u00c3\u00bc  text \t \r
 \r
.\r
\t\r
\r
\r
`
const messages: Readonly<Record<string, string>> = {
  'an ordinary letter': letter,
  'folded fields, and white space everywhere': odd,
  'no body': letter.slice(0, letter.indexOf('\r\n\r\n') + 4),
  'nothing but empty lines': `${letter.slice(0, letter.indexOf('\r\n\r\n') + 4)}\r\n\r\n\r\n`,
}
const forged = (signed: Buffer) => Buffer.concat([Buffer.from('Subject: another\r\n'), signed])

describe('OpenDKIM', { skip: needs('opendkim') }, () => {
  let folder = ''
  before(async () => {
    folder = await peerFolder('opendkim')
  })
  after(() => removeFolder(folder))

  for (const [title, content] of Object.entries(messages)) {
    test(`verifies both signatures: ${title}`, async () => {
      const signed = await sign(content)
      assert.deepEqual(await verifyByOpendkim(folder, signed, records), ['pass rsa-sha256', 'pass ed25519-sha256'])
      assert.deepEqual(await verifyByOpendkim(folder, forged(signed), records), ['fail rsa-sha256', 'fail ed25519-sha256'])
    })
  }
})

describe('dkimpy', { skip: needs('dkim') }, () => {
  for (const [title, content] of Object.entries(messages)) {
    test(`verifies both signatures, and a chain of three hops: ${title}`, async () => {
      const signed = await sign(content)
      const sealed = await seal(signed, 3)
      const broken = await seal(forged(sealed), 1)
      const found = await verifyByDkimpy([signed, forged(signed), sealed, forged(sealed), broken], records)
      assert.deepEqual(found, [
        { dkim: [true, true], arc: 'none' },
        { dkim: [false, false], arc: 'none' },
        { dkim: [true, true], arc: 'pass' },
        { dkim: [false, false], arc: 'fail' },
        { dkim: [false, false], arc: 'ended' },
      ])
    })
  }
})

describe('rspamd', { skip: needs('rspamd') }, () => {
  let dns: DnsServer
  let rspamd: Rspamd
  before(async () => {
    dns = await startDnsServer(
      Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text.match(/.{1,200}/g) ?? []] }])),
    )
    rspamd = await Rspamd.start(dns.address)
  })
  after(async () => {
    await rspamd?.stop()
    await dns?.close()
  })

  for (const [title, content] of Object.entries(messages)) {
    test(`verifies both signatures, and a chain of three hops: ${title}`, async () => {
      const sealed = await seal(await sign(content), 3)
      const found = await rspamd.symbols(sealed)
      assert.deepEqual(
        found.get('R_DKIM_ALLOW')?.toSorted(),
        ['sender.example:s=e', 'sender.example:s=r'],
        JSON.stringify([...found]),
      )
      assert.ok(found.has('ARC_ALLOW'), JSON.stringify([...found]))
      const names = [...(await rspamd.symbols(forged(sealed))).keys()]
      assert.ok(names.includes('R_DKIM_REJECT') && !names.includes('R_DKIM_ALLOW') && names.includes('ARC_REJECT'), names.join())
    })
  }
})
