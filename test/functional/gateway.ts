import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DnsServer, startDnsServer, type Zone } from '../../fixtures/dns-server.ts'
import { type NextHop, type NextHopOptions, startNextHop } from '../../fixtures/next-hop.ts'
import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import { Service } from '../../src/cli/service.ts'
import { readConfiguration } from '../../src/cli/startup.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { Trace } from '../../src/engine/trace.ts'
import type { Log } from '../../src/report/log.ts'

/** A DNS in which the usual client, 192.0.2.10, and its sender are beyond reproach. */
export const goodZone: Zone = {
  'sender.example': { MX: [{ preference: 10, exchange: 'mx.sender.example' }] },
  'mx.sender.example': { A: ['192.0.2.10'] },
  '10.2.0.192.in-addr.arpa': { PTR: ['mx.sender.example'] },
  '2.0.0.127.bl.test': { A: ['127.0.0.2'] },
}

interface Options {
  readonly zone?: Zone
  readonly nextHop?: NextHopOptions
  /** The `rules:` of the configuration, as YAML of one line. */
  readonly rules?: string
  /** More lines of configuration. */
  readonly more?: string
  /** The `limits:` line, when it is not the usual one. */
  readonly limits?: string
  /** More entries of `listen:`, as YAML of one line each. */
  readonly listeners?: readonly string[]
  /** Files in the folder of the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** Where mail for our.example goes, when it is not to the next hop. */
  readonly to?: string
  /** What else is said of our.example: `whenDown: queue`. */
  readonly relay?: string
}

/** The whole gateway, as `postern run` starts it, between a real DNS server and a real next hop. */
export interface TestGateway extends AsyncDisposable {
  readonly port: number
  /** Of all listeners, that of strangers first. */
  readonly ports: readonly number[]
  readonly folder: string
  readonly dns: DnsServer
  readonly nextHop: NextHop
  readonly service: Service
  readonly log: string[]
  /** The traces so far. One is recorded before its last reply is read by the client, or when the client has gone. */
  readonly traces: Trace[]
  /** Connects as another client, and reads the greeting. */
  client(ip?: string): Promise<SmtpClient>
}

const usualLimits = 'limits: { greetDelayMs: 0, refusalDelayMs: 10 }'

export async function startGateway({
  zone = {},
  nextHop = {},
  rules = '[]',
  more = '',
  limits = usualLimits,
  to,
  listeners = [],
  files = {},
  relay = '',
}: Options = {}): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const dns = await startDnsServer({ ...goodZone, ...zone })
  const hop = await startNextHop(nextHop)
  const file = join(folder, 'postern.yaml')
  const text = `hostname: mx.our.example
data: ${join(folder, 'data')}
dns: { servers: ["${dns.address}"], timeoutMs: 300 }
listen: [${['{ address: "127.0.0.1:0", as: mx, proxyProtocol: [127.0.0.1] }', ...listeners].join(', ')}]
relay: { our.example: { to: "${to?.replace('FOLDER', folder) ?? `smtp://127.0.0.1:${hop.port}`}", ${relay} } }
${limits}
rules: ${rules}
${more}`
  await writeFile(file, text)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  const [traces, log]: [Trace[], string[]] = [[], []]
  const service = await start(file, traces, log)
  const ports = service.addresses.map(({ port }) => port)
  const [port = 0] = ports
  const clients: SmtpClient[] = []
  const client = async (ip = '192.0.2.10') => {
    const opened = await SmtpClient.open({ port, ip })
    clients.push(opened)
    await opened.answer()
    return opened
  }
  const close = async () => {
    for (const client of clients) client.leave()
    await service.stop(1000)
    await Promise.all([dns.close(), hop.close()])
    await rm(folder, { recursive: true })
  }
  return { port, ports, folder, dns, nextHop: hop, service, log, traces, client, [Symbol.asyncDispose]: close }
}

async function start(file: string, traces: Trace[], lines: string[]): Promise<Service> {
  const note = (level: string) => (fields: object, text: string) => void lines.push(`${level} ${text} ${JSON.stringify(fields)}`)
  const log: Log = {
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    transaction: trace => traces.push(trace),
    close: async () => {},
  }
  const configuration = await readConfiguration(file)
  const service = 'problems' in configuration ? configuration : await Service.start(configuration.value, log)
  if ('problems' in service) throw new Error(service.problems.map(formatProblem).join('\n'))
  return service.value
}

interface Letter {
  readonly helo?: string
  readonly sender?: string
  readonly recipients?: readonly string[]
  readonly content?: Buffer
}

/** What a client hears: to each RCPT, and to the message if anyone was accepted. */
export interface Heard {
  readonly rcpts: readonly Answer[]
  readonly data?: Answer
}

export const plain: Buffer = Buffer.from('From: ann@sender.example\r\nTo: bob@our.example\r\nSubject: hello\r\n\r\nHello\r\n')

/** Sends one message, whole. */
export async function send(client: SmtpClient, { helo = 'mx.sender.example', ...letter }: Letter = {}): Promise<Heard> {
  const { sender = 'ann@sender.example', recipients = ['bob@our.example'], content = plain } = letter
  await client.say(`EHLO ${helo}`)
  const mail = await client.say(`MAIL FROM:<${sender}>`)
  if (mail.code !== 250) return { rcpts: [mail] }
  const rcpts: Answer[] = []
  for (const recipient of recipients) rcpts.push(await client.say(`RCPT TO:<${recipient}>`))
  if (!rcpts.some(({ code }) => code === 250)) return { rcpts }
  const go = await client.say('DATA')
  return { rcpts, data: go.code === 354 ? await client.send(content) : go }
}

/** What stands below the fields that we have put on top: from `from` on, which is the message as it was sent. */
export function below(stored: Buffer | undefined, length: number): Buffer {
  return stored?.subarray(stored.length - length) ?? Buffer.alloc(0)
}
