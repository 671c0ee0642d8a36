import type { Zone } from '../../../fixtures/dns-server.ts'
import { type NextHop, startNextHop } from '../../../fixtures/next-hop.ts'
import { type Answer, SmtpClient } from '../../../fixtures/smtp-client.ts'
import { CaseZone } from './corpus.ts'
import { type GatewaySettings, type PeerGateway, startGateway } from './gateway.ts'

/** One message, from whom it comes, and what the DNS says then. */
export interface Delivery {
  readonly zone: Zone
  readonly content: Buffer
  readonly ip?: string
  readonly helo?: string
  readonly sender?: string
}

/** What has become of it. */
export interface Judged {
  readonly answer: Answer
  /** The message as the next hop has got it. */
  readonly stored?: Buffer
  /** Our Authentication-Results, on one line. */
  readonly results: string
  /** The first result of a method, or all of them: `pass`. */
  first(method: string): string | undefined
  all(method: string): readonly string[]
}

const recipient = 'bob@our.example'

/** A gateway that finds out all about each message, and a next hop that takes what is left. */
export class JudgedMail {
  readonly gateway: PeerGateway
  readonly #nextHop: NextHop
  readonly #zone: CaseZone

  private constructor(gateway: PeerGateway, nextHop: NextHop) {
    this.gateway = gateway
    this.#nextHop = nextHop
    this.#zone = new CaseZone(gateway.dns)
  }

  static async start(settings: Omit<GatewaySettings, 'to'>): Promise<JudgedMail> {
    const nextHop = await startNextHop()
    const to = `smtp://127.0.0.1:${nextHop.port}`
    return new JudgedMail(await startGateway({ ...settings, to, cache: 'off' }), nextHop)
  }

  async stop(): Promise<void> {
    await this.gateway.stop()
    await this.#nextHop.close()
  }

  async send({
    zone,
    content,
    ip = '192.0.2.55',
    helo = 'probe.test',
    sender = 'probe@sender.invalid',
  }: Delivery): Promise<Judged> {
    this.#zone.use(zone)
    const before = this.#nextHop.messages.length
    const client = await SmtpClient.open({ port: this.gateway.proxied, ip })
    await client.answer()
    const commands = [`EHLO ${helo}`, `MAIL FROM:<${sender}>`, `RCPT TO:<${recipient}>`, 'DATA']
    let answer: Answer = { code: 0, text: '' }
    for (const command of commands) {
      answer = await client.say(command)
      if (answer.code >= 400 || answer.code === 0) break
    }
    if (answer.code === 354) answer = await client.send(content)
    client.leave()
    const [stored] = this.#nextHop.messages.slice(before)
    return judged(answer, stored?.content)
  }
}

export function judged(answer: Answer, stored: Buffer | undefined): Judged {
  const results = stored === undefined ? '' : ownResults(stored)
  const all = (method: string) => [...results.matchAll(new RegExp(`; ${method}=(\\w+)`, 'g'))].map(match => match[1] ?? '')
  return { answer, ...(stored && { stored }), results, all, first: method => all(method)[0] }
}

/** The field that stands above all others: nobody but us can have put it there. */
function ownResults(stored: Buffer): string {
  const [header = ''] = stored.toString('latin1').split('\r\n\r\n', 1)
  const unfolded = header.replaceAll(/\r\n[ \t]+/g, ' ')
  return /^Authentication-Results: (.*)/.exec(unfolded)?.[1] ?? ''
}
