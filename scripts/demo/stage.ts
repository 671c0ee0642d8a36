import { mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readZone, startDnsServer } from '../../fixtures/dns-server.ts'
import { freePort } from '../../fixtures/free-port.ts'
import { GatewayProcess } from '../../fixtures/gateway-process.ts'
import { type NextHop, type StoredMessage, startNextHop } from '../../fixtures/next-hop.ts'
import { mailboxes } from './scenes.ts'

/** Everything that plays: the DNS, the mail server behind, the gateway between, and the folder where all is kept. */
export interface Stage {
  readonly folder: string
  readonly configuration: string
  readonly ports: Ports
  readonly gateway: GatewayProcess
  readonly nextHop: NextHop
  /** The file with the message that the next hop has taken last. */
  readonly lastStored: () => string
  close(): Promise<void>
}

/** Who listens where on 127.0.0.1. */
interface Ports {
  readonly dns: number
  readonly nextHop: number
  /** The gateway, for clients whose PROXY header says where they come from. */
  readonly proxied: number
  /** The gateway, for clients that are what they are, or say otherwise by XCLIENT. */
  readonly direct: number
}

/** Builds the stage in a folder, and starts everything. */
export async function setStage(folder: string): Promise<Stage> {
  const dns = await startDnsServer(await readZone(new URL('../../fixtures/zones/demo.json', import.meta.url)))
  const mailbox = mailboxIn(join(folder, 'next-hop'))
  const nextHop = await startNextHop({ script: { rcpt: ({ recipient }) => unknownUser(recipient) }, onMessage: mailbox.store })
  const ports = { dns: dns.port, nextHop: nextHop.port, proxied: await freePort(), direct: await freePort() }
  const configuration = join(folder, 'postern.yaml')
  await writeFile(configuration, configurationText(ports))
  const gateway = await GatewayProcess.start(configuration, 2)
  const close = async () => {
    await gateway.stop()
    await Promise.all([nextHop.close(), dns.close()])
  }
  return { folder, configuration, ports, gateway, nextHop, lastStored: mailbox.last, close }
}

function unknownUser(recipient: string): string | undefined {
  return mailboxes.includes(recipient.toLowerCase()) ? undefined : '550 5.1.1 There is nobody of this name here'
}

/** Keeps what the next hop takes as files, numbered in order. */
function mailboxIn(folder: string) {
  mkdirSync(folder)
  let count = 0
  let last = ''
  return {
    last: () => last,
    store: ({ recipients, content }: StoredMessage) => {
      const names = recipients.map(recipient => recipient.split('@')[0]).join('-')
      last = join(folder, `${String(++count).padStart(2, '0')}-${names}.eml`)
      writeFileSync(last, content)
    },
  }
}

function configurationText({ dns, nextHop, proxied, direct }: Ports): string {
  return `# Written by the demo.
hostname: mx.museum.example
data: data
dns: { servers: ["127.0.0.1:${dns}"], timeoutMs: 1000 }
listen:
  - { address: "127.0.0.1:${proxied}", as: mx, proxyProtocol: [127.0.0.1] }
  - { address: "127.0.0.1:${direct}", as: mx, xclient: [127.0.0.1] }
relay:
  museum.example: { to: "smtp://127.0.0.1:${nextHop}" }
limits: { greetDelayMs: 300 }
rules:
  - use: early-talker
  - use: reverse-dns
  - use: dnsbl
    options:
      lists:
        - { zone: dnsbl.test, codes: { 127.0.0.2: 6, 127.0.0.10: 6 }, refuse: [127.0.0.9] }
  - use: helo
  - use: sender-domain
  - use: spf
  - use: dkim
  - use: dmarc
  - use: greylist
    options: { delaySeconds: 1 }
  - use: score-limit
    options: { quarantineAt: 8, rejectAt: 12 }
`
}
