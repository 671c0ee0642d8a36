import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DnsServer, startDnsServer, type Zone } from '../../fixtures/dns-server.ts'
import { freePort } from '../../fixtures/free-port.ts'
import { GatewayProcess } from '../../fixtures/gateway-process.ts'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { parseAddress } from '../../src/mail/address.ts'
import { type RecordedSession, readContent, readSessions, zoneOf } from './sessions.ts'

/** What has become of a message. Those with a bare CR, NUL or the like are no messages: no rule has judged them. */
export type Fate = 'delivered' | 'tagged' | 'greylisted' | 'quarantined' | 'refused' | 'no message'

export interface Replayed {
  readonly session: RecordedSession
  readonly fate: Fate
  readonly score: number
  /** Who decided, and why: `score-limit: suspicious`. */
  readonly cause: string
  /** What we say in Authentication-Results; `undefined` of what was not delivered. */
  readonly spf: string | undefined
  readonly dmarc: string | undefined
}

/** How the gateway judges. */
export interface Judging {
  /** YAML, as it stands under `rules:`. */
  readonly rules: string
  /** In observe mode all mail arrives, so that all of it tells what was found. */
  readonly mode: 'enforce' | 'observe'
}

/** The default set as it is once its trial is over. */
export async function defaultRules(): Promise<string> {
  const rules = await readFile(new URL('../../policies/default.yaml', import.meta.url), 'utf8')
  return rules.replace('trialDays: 14', 'trialDays: 0')
}

/** Plays every session of the corpus, one after the other: what is learned from one is known of the next. */
export async function replayAll(judging: Judging): Promise<Replayed[]> {
  const replay = await Replay.start(judging)
  const results: Replayed[] = []
  try {
    for (const session of await readSessions()) results.push(await replay.play(session))
  } finally {
    await replay.stop()
  }
  return results
}

/** A gateway with rules, between a DNS that answers as it did then and a next hop that takes everything. */
class Replay {
  readonly #folder: string
  readonly #dns: DnsServer
  readonly #nextHop: NextHop
  readonly #gateway: GatewayProcess
  readonly #port: number

  private constructor(parts: { folder: string; dns: DnsServer; nextHop: NextHop; gateway: GatewayProcess; port: number }) {
    this.#folder = parts.folder
    this.#dns = parts.dns
    this.#nextHop = parts.nextHop
    this.#gateway = parts.gateway
    this.#port = parts.port
  }

  static async start(judging: Judging): Promise<Replay> {
    const folder = await mkdtemp(join(tmpdir(), 'postern-replay-'))
    const dns = await startDnsServer(lists)
    const nextHop = await startNextHop()
    const port = await freePort()
    const file = join(folder, 'postern.yaml')
    await writeFile(file, configuration({ dns, nextHop, port, ...judging }))
    return new Replay({ folder, dns, nextHop, port, gateway: await GatewayProcess.start(file) })
  }

  /** Plays one session as it was: from its client's address, with its HELO and its sender. */
  async play(session: RecordedSession & { readonly client_ip: string }): Promise<Replayed> {
    const zone = zoneOf(session)
    for (const [name, records] of Object.entries(zone)) this.#dns.set(name, records)
    const before = this.#nextHop.messages.length
    const trace = this.#gateway.nextTrace()
    const answer = await this.#send(session)
    const { recipients } = await trace
    for (const name of Object.keys(zone)) this.#dns.set(name, lists[name])
    const results = resultsIn(this.#nextHop.messages[before]?.content)
    return { session, ...fateOf(recipients[0], answer), ...results }
  }

  async stop(): Promise<void> {
    await this.#gateway.stop()
    await Promise.all([this.#dns.close(), this.#nextHop.close()])
    await rm(this.#folder, { recursive: true })
  }

  async #send(session: RecordedSession & { readonly client_ip: string }): Promise<Answer> {
    const { client_ip: ip, helo, mail_from: sender } = session
    const client = await SmtpClient.open({ port: this.#port, ip })
    await client.answer()
    // What is no HELO name is refused, and was something else than SMTP to begin with.
    if ((await client.say(`EHLO ${helo ?? `[${ip}]`}`)).code !== 250) await client.say(`EHLO [${ip}]`)
    await client.say(`MAIL FROM:<${parseAddress(sender ?? '') ? sender : ''}> BODY=8BITMIME`)
    const rcpt = await client.say('RCPT TO:<bob@our.example>')
    const go = rcpt.code === 250 ? await client.say('DATA') : rcpt
    const answer = go.code === 354 ? await client.send(await readContent(session)) : go
    await client.quit()
    return answer
  }
}

const listZones = [
  'zen.spamhaus.org',
  'bl.spamcop.net',
  'bl.mailspike.net',
  'bl.blocklist.de',
  'dnsbl-1.uceprotect.net',
  'list.dnswl.org',
]

/** Every list works, and has nobody on it: what they said then is not recorded. */
export const lists: Zone = {
  ...Object.fromEntries(listZones.map(zone => [`2.0.0.127.${zone}`, { A: ['127.0.0.2'] }])),
  'test.dbl.spamhaus.org': { A: ['127.0.1.2'] },
  'dbltest.com.dbl.spamhaus.org': { A: ['127.0.1.2'] },
}

type Place = { readonly dns: DnsServer; readonly nextHop: NextHop; readonly port: number }

function configuration({ dns, nextHop, port, rules, mode }: Place & Judging): string {
  return `hostname: mx.our.example
data: data
dns: { servers: ["${dns.address}"], timeoutMs: 2000, cache: false }
listen: [{ address: "127.0.0.1:${port}", proxyProtocol: [127.0.0.1] }]
relay: { our.example: { to: "smtp://127.0.0.1:${nextHop.port}" } }
limits: { greetDelayMs: 0, newPerMinute: 10000 }
mode: ${mode}
rules:
${rules.replaceAll(/^/gm, '  ')}
`
}

function fateOf(
  recipient: Trace['recipients'][number] | undefined,
  { code }: Answer,
): Pick<Replayed, 'fate' | 'score' | 'cause'> {
  const { score = 0, outcome, rule, reason, tagged } = recipient ?? {}
  const about = { score, cause: rule === undefined ? '' : `${rule}: ${reason}` }
  if (rule === undefined && code >= 500) return { fate: 'no message', ...about }
  if (outcome === 'rejected') return { fate: 'refused', ...about }
  if (outcome === 'deferred') return { fate: 'greylisted', ...about }
  return { fate: outcome === 'quarantined' ? 'quarantined' : tagged ? 'tagged' : 'delivered', ...about }
}

function resultsIn(content: Buffer | undefined): Pick<Replayed, 'spf' | 'dmarc'> {
  const field = /^Authentication-Results:((?:.|\r\n[ \t])*)/.exec(content?.subarray(0, 8192).toString('latin1') ?? '')?.[1] ?? ''
  return { spf: /\bspf=(\w+)/.exec(field)?.[1], dmarc: /\bdmarc=(\w+)/.exec(field)?.[1] }
}
