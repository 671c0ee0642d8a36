/** `npm run bench:facts`: what it costs our processor to find out about a message who has sent and signed it, with warm DNS. */
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Fact } from '../src/engine/fact.ts'
import { Findings } from '../src/engine/findings.ts'
import { arc, dkim, dmarc, headers, spf } from '../src/facts/index.ts'
import { MemoryMessage } from '../src/mail/message.ts'
import { ordinary } from '../src/testing/ordinary.ts'
import { type Zone, zoneDns } from '../src/testing/zone-dns.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const record = `v=DKIM1; k=rsa; p=${createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64')}`

const zone: Zone = {
  'sender.example': {
    TXT: ['v=spf1 include:_spf.sender.example ip4:198.51.100.0/24 mx -all'],
    MX: [{ preference: 10, exchange: 'mx.sender.example' }],
  },
  '_spf.sender.example': { TXT: ['v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 ip4:192.0.2.0/24 ~all'] },
  's._domainkey.sender.example': { TXT: [record] },
  '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject; rua=mailto:dmarc@sender.example'] },
  'mx.sender.example': { A: ['192.0.2.1'] },
}

const fields = [
  'Received: from app.sender.example (app.sender.example [198.51.100.7])\r\n\tby mx.sender.example (Postfix) with ESMTPS id 4XyZ123abc\r\n\tfor <bob@our.example>; Tue, 24 Nov 2026 08:00:00 +0000 (UTC)',
  'From: "Ann Author" <alice@sender.example>',
  'To: Bob <bob@our.example>',
  'Subject: =?UTF-8?Q?Your_order_no=2E_12345_has_been_sent?=',
  'Date: Tue, 24 Nov 2026 08:00:00 +0000',
  'Message-ID: <20261124080000.12345@sender.example>',
  'List-Unsubscribe: <https://sender.example/unsubscribe/0123456789abcdef0123456789abcdef>,\r\n <mailto:unsubscribe@sender.example>',
  'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  'X-Mailer: Mailer 1.0 (https://mailer.example/)',
]
const line = 'It was a dark and stormy night; the rain fell in  torrents, except at times.\r\n'

function body(bytes: number): string {
  return line.repeat(Math.ceil(bytes / line.length))
}

/** As most do it: relaxed in everything, the usual fields. */
function signed(header: readonly string[], content: string, signatures = 1): Buffer {
  const relaxed = content.replaceAll(/[ \t]+/g, ' ').replaceAll(' \r\n', '\r\n')
  const bh = createHash('sha256').update(relaxed).digest('base64')
  const names = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type']
  const tags = `v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example;\r\n\ts=s; t=1795507200; h=${names.join(':')};\r\n\tbh=${bh};\r\n\tb=`
  const relax = (field: string) => {
    const [name = '', ...rest] = field.replaceAll('\r\n', '').split(':')
    return `${name.toLowerCase()}:${rest
      .join(':')
      .replaceAll(/[ \t]+/g, ' ')
      .trim()}`
  }
  const chosen = names.map(name => `${relax(header.find(field => field.startsWith(`${name}:`)) ?? '')}\r\n`)
  const b = sign('sha256', Buffer.from(chosen.join('') + relax(`DKIM-Signature: ${tags}`)), privateKey).toString('base64')
  const field = `DKIM-Signature: ${tags}${b.replaceAll(/.{70}/g, '$&\r\n\t')}\r\n`
  return Buffer.from(`${field.repeat(signatures)}${header.join('\r\n')}\r\n\r\n${content}`)
}

const now = new Date('2026-11-24T08:01:00Z')

interface Task {
  readonly name: string
  readonly content: Buffer
  readonly facts: readonly Fact[]
  readonly count: number
}

async function once({ content, facts }: Task): Promise<unknown[]> {
  const chunks = Array.from({ length: Math.ceil(content.length / 65_536) }, (_, at) =>
    content.subarray(at * 65_536, (at + 1) * 65_536),
  )
  const known = ordinary({ message: new MemoryMessage(...chunks) })
  const findings = new Findings(['connect', 'helo', 'mail', 'message'], { dns: zoneDns(zone), now: () => now })
  const found: unknown[] = []
  for (const fact of facts) found.push(await findings.get(fact, known))
  return found
}

/** The best of several rounds: whatever else the machine does takes from the others. */
async function measure(task: Task): Promise<void> {
  const rounds = await Array.fromAsync({ length: 8 }, async () => {
    const before = process.threadCpuUsage()
    for (let n = 0; n < task.count; n++) await once(task)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000 / task.count
  })
  const ms = Math.min(...rounds)
  const speed = task.content.length > 100_000 ? `, ${(task.content.length / 1e3 / ms).toFixed(0)} MB/s` : ''
  console.log(`${task.name.padEnd(44)} ${ms.toFixed(3)} ms${speed}`)
}

const small = signed(fields, body(3000))
const all = [headers, spf, dkim, arc, dmarc]
const huge = signed(fields, body(32e6), 10)
const tasks: Task[] = [
  { name: 'headers', content: small, facts: [headers], count: 1000 },
  { name: 'spf', content: small, facts: [spf], count: 1000 },
  { name: 'dkim', content: small, facts: [dkim], count: 1000 },
  { name: `headers, spf, dkim, arc, dmarc: ${small.length} bytes`, content: small, facts: all, count: 1000 },
  { name: 'the same, not signed', content: small.subarray(small.indexOf('Received:')), facts: all, count: 1000 },
  { name: 'dkim, 10 signatures', content: signed(fields, body(3000), 10), facts: [dkim], count: 200 },
  { name: 'dkim, 32 MB', content: signed(fields, body(32e6)), facts: [dkim], count: 1 },
  { name: 'dkim, 32 MB, 10 signatures', content: huge, facts: [dkim], count: 1 },
  { name: 'dkim, 32 MB, 10 signatures, 3 ways to hash', content: inThreeWays(huge), facts: [dkim], count: 1 },
]
for (const task of tasks) await measure(task)

/** Which no longer fit, and are not usual any more; the work is the same. */
function inThreeWays(content: Buffer): Buffer {
  const end = content.indexOf('Received:')
  const ways = ['relaxed/relaxed', 'relaxed/simple', 'relaxed/relaxed; l=30000000']
  let count = 0
  const header = content.toString('latin1', 0, end).replaceAll('relaxed/relaxed', () => ways[count++ % 3] ?? '')
  return Buffer.concat([Buffer.from(header, 'latin1'), content.subarray(end)])
}
