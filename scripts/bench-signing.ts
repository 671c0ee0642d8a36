/** `npm run bench:signing`: what it costs our processor to sign a message, and to seal it. */
import { generateKeyPairSync } from 'node:crypto'
import { MemoryMessage, type Message } from '../src/mail/message.ts'
import { Sealer } from '../src/signing/sealer.ts'
import { Signer } from '../src/signing/signer.ts'
import type { SigningKey } from '../src/signing/signing-key.ts'
import { zoneDns } from '../src/testing/zone-dns.ts'
import { trace } from '../test/relay/trace.ts'

const domain = 'sender.example'
const rsa: SigningKey = {
  domain,
  selector: 'r',
  algorithm: 'rsa-sha256',
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const ed25519: SigningKey = {
  domain,
  selector: 'e',
  algorithm: 'ed25519-sha256',
  privateKey: generateKeyPairSync('ed25519').privateKey,
}
const common = { maySign: () => true, now: () => new Date(), report: () => {} }

const header = [
  'Received: from app.sender.example (app.sender.example [198.51.100.7])\r\n\tby mx.sender.example with ESMTPSA id 4XyZ123abc\r\n\tfor <bob@other.example>; Tue, 24 Nov 2026 08:00:00 +0000',
  'From: "Ann Author" <ann@sender.example>',
  'To: Bob <bob@other.example>',
  'Subject: =?UTF-8?Q?Your_order_no=2E_12345_has_been_sent?=',
  'Date: Tue, 24 Nov 2026 08:00:00 +0000',
  'Message-ID: <20261124080000.12345@sender.example>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  'X-Mailer: Mailer 1.0 (https://mailer.example/)',
].join('\r\n')
const line = 'It was a dark and stormy night; the rain fell in  torrents, except at times.\r\n'

function messageOf(bytes: number): Message {
  const content = Buffer.from(`${header}\r\n\r\n${line.repeat(Math.ceil(bytes / line.length))}`)
  const count = Math.ceil(content.length / 65_536)
  return new MemoryMessage(...Array.from({ length: count }, (_, at) => content.subarray(at * 65_536, (at + 1) * 65_536)))
}

/** The best of several rounds: whatever else the machine does takes from the others. */
async function measure(name: string, count: number, once: () => Promise<unknown>): Promise<void> {
  const rounds = await Array.fromAsync({ length: 8 }, async () => {
    const before = process.threadCpuUsage()
    for (let n = 0; n < count; n++) await once()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000 / count
  })
  console.log(`${name.padEnd(44)} ${Math.min(...rounds).toFixed(3)} ms`)
}

const signers = { RSA: [rsa], Ed25519: [ed25519], 'RSA and Ed25519': [rsa, ed25519] }
for (const [name, keys] of Object.entries(signers)) {
  const signer = new Signer({ keys, ...common })
  await measure(`${name}, 4 KB`, 500, () => signer.sign(messageOf(3500)))
}
const both = new Signer({ keys: [rsa, ed25519], ...common })
const large = messageOf(32e6)
await measure('RSA and Ed25519, 32 MB', 1, () => both.sign(large))
const sealer = new Sealer({ key: rsa, authservId: 'mx.sender.example', dns: zoneDns({}), ...common })
const arrived = trace({ facts: [{ fact: 'arc', value: { result: 'none', sets: [] }, ms: 1 }] })
await measure('ARC by RSA, 4 KB', 500, () => sealer.seal(messageOf(3500), arrived))
