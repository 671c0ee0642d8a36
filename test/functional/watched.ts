import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDnsServer } from '../../fixtures/dns-server.ts'
import { freePort } from '../../fixtures/free-port.ts'
import { GatewayProcess } from '../../fixtures/gateway-process.ts'
import { startNextHop } from '../../fixtures/next-hop.ts'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { Client } from '../smtp/dialogue.ts'
import { tlsFiles } from '../smtp/edge.ts'
import { goodZone, plain, send } from './gateway.ts'

/** `postern run` with metrics, and with something of everything that can be watched. */
export interface Watched extends AsyncDisposable {
  readonly metricsPort: number
  readonly process: GatewayProcess
  /** Mail that is accepted, refused, deferred and held, TLS that works and that does not, and clients that misbehave. */
  traffic(): Promise<void>
  /** One message that is accepted. */
  sendGood(ip?: string): Promise<void>
  /** A message whose end is still to come: the function that is answered sends it, and answers with the code. */
  beginMessage(): Promise<() => Promise<number>>
}

const rules = `
  - { use: deny, options: { senders: [spam@sender.example] } }
  - { use: deny, name: trial, mode: shadow, options: { senders: [ann@sender.example] } }
  - { use: reverse-dns }
  - { use: sender-domain }
  - { use: dnsbl, options: { lists: [{ zone: bl.test, points: 9 }, { zone: broken.test, points: 9 }] } }
  - { use: score-limit, options: { tagAt: 5, quarantineAt: 8, rejectAt: 1000, trialDays: 0 } }`

interface Ports {
  readonly dns: string
  readonly hop: number
  readonly metrics: number
}

const configuration = ({ dns, hop, metrics }: Ports) => `hostname: mx.example.org
data: data
workers: 1
dns: { servers: ["${dns}"], timeoutMs: 300 }
tls: { cert: "${tlsFiles.cert}", key: "${tlsFiles.key}" }
listen:
  - { address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }
  - { address: "127.0.0.1:0" }
relay:
  our.example: { to: "smtp://127.0.0.1:${hop}" }
  down.example: { to: "smtp://127.0.0.1:1" }
limits: { greetDelayMs: 0, refusalDelayMs: 0, connectionsPerAddress: 2, newPerMinute: 1000, errors: 2 }
metrics: { listen: "127.0.0.1:${metrics}" }
rules:${rules}
`

const zone = {
  ...goodZone,
  '66.2.0.192.bl.test': { A: ['127.0.0.2'] },
  // A list that lists what must not be listed is not asked.
  '2.0.0.127.broken.test': { A: ['127.0.0.2'] },
  '1.0.0.127.broken.test': { A: ['127.0.0.2'] },
}

export async function startWatched(): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-watched-'))
  const dns = await startDnsServer(zone)
  const hop = await startNextHop({ script: { rcpt: refuseNobody } })
  const metricsPort = await freePort()
  const file = join(folder, 'postern.yaml')
  await writeFile(file, configuration({ dns: dns.address, hop: hop.port, metrics: metricsPort }))
  const gateway = await GatewayProcess.start(file, 2)
  await gateway.logged('serving metrics')
  const [proxied, direct] = gateway.log.filter(({ msg }) => msg === 'listening for mail').map(({ port }) => Number(port))
  const clients = new Clients(proxied ?? 0, direct ?? 0)
  return {
    metricsPort,
    process: gateway,
    traffic: () => clients.doAll(gateway),
    sendGood: ip => clients.send({}, ip),
    beginMessage: () => clients.begin(),
    [Symbol.asyncDispose]: async () => {
      await gateway.stop()
      await Promise.all([dns.close(), hop.close()])
      await rm(folder, { recursive: true })
    },
  }
}

function refuseNobody({ recipient }: { readonly recipient: string }): string | undefined {
  return recipient.startsWith('nobody@') ? '550 5.1.1 No such user' : undefined
}

class Clients {
  readonly #proxied: number
  readonly #direct: number

  constructor(proxied: number, direct: number) {
    this.#proxied = proxied
    this.#direct = direct
  }

  async send(letter: Parameters<typeof send>[1] = {}, ip = '192.0.2.10'): Promise<void> {
    const client = await this.#open(ip)
    await send(client, letter)
    await client.quit()
  }

  async begin(): Promise<() => Promise<number>> {
    const client = await this.#open('192.0.2.10')
    for (const line of ['EHLO x', 'MAIL FROM:<ann@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await client.say(line)
    return async () => (await client.send(plain)).code
  }

  async doAll(gateway: GatewayProcess): Promise<void> {
    for (let count = 0; count < 3; count++) await this.send()
    for (let count = 0; count < 2; count++) await this.send({ sender: 'spam@sender.example' })
    await this.send({ recipients: ['nobody@our.example'] })
    await this.send({ recipients: ['bob@down.example'] })
    await this.send({}, '192.0.2.66')
    await this.#misbehave()
    await this.#beginTls()
    gateway.reload()
    await gateway.logged('the new configuration is in force')
  }

  async #misbehave(): Promise<void> {
    const crowd: SmtpClient[] = []
    for (let count = 0; count < 3; count++) crowd.push(await this.#open('192.0.2.77'))
    for (const client of crowd) client.leave()
    const early = await SmtpClient.open({ port: this.#proxied, ip: '192.0.2.78', early: 'EHLO x\r\n' })
    for (let count = 0; count < 2; count++) await early.answer()
    await early.quit()
    const clumsy = await this.#open('192.0.2.79')
    for (const line of ['EHLO x', 'MAIL FROM:<ann@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await clumsy.say(line)
    clumsy.write('Subject: a\n\r\n.\r\n')
    await clumsy.answer()
    for (const line of ['FOO', 'BAR']) await clumsy.say(line)
    await clumsy.answer()
    clumsy.leave()
  }

  async #beginTls(): Promise<void> {
    const good = await Client.greeted(this.#direct)
    await good.accepted('EHLO client.example', 'STARTTLS')
    await good.secure()
    await good.accepted('EHLO client.example', 'QUIT')
    await good.closed()
    const bad = await Client.greeted(this.#direct)
    await bad.accepted('EHLO client.example', 'STARTTLS')
    bad.write('EHLO client.example\r\n'.repeat(10))
    await bad.closed()
  }

  async #open(ip: string): Promise<SmtpClient> {
    const client = await SmtpClient.open({ port: this.#proxied, ip })
    await client.answer()
    return client
  }
}
