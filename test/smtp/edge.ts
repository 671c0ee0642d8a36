import { fileURLToPath } from 'node:url'
import { defaultBudgetMs, type Gateway } from '../../src/engine/gateway.ts'
import { type Rule, rulebook } from '../../src/engine/rule.ts'
import type { Trace } from '../../src/engine/trace.ts'
import type { Transport } from '../../src/engine/transport.ts'
import { type Address, formatAddress } from '../../src/mail/address.ts'
import type { Message } from '../../src/mail/message.ts'
import { ok, type Reply } from '../../src/mail/reply.ts'
import type { EdgeCounts } from '../../src/metrics/edge.ts'
import { defaultLimits } from '../../src/smtp/limits.ts'
import type { Logger } from '../../src/smtp/logger.ts'
import { openSmtpServer, type SmtpServerOptions } from '../../src/smtp/server.ts'
import type { SmtpServer } from '../../src/smtp/smtp-server.ts'
import { memoryStore } from '../../src/testing.ts'
import { noDns, Shelf } from '../engine/stage.ts'

/** What has arrived behind the gateway. */
export interface Delivered {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly content: string
}

/** A next hop that keeps what it gets, and may know its users or take its time. */
export class NextHop implements Transport {
  readonly name = 'next hop'
  readonly got: Delivered[] = []
  toRcpt: (to: Address) => Reply | Promise<Reply> = () => ok
  beforeTaking: () => void | Promise<void> = () => {}

  begin({ sender }: { readonly sender: Address | null }) {
    return {
      ask: async (to: Address) => this.toRcpt(to),
      send: async (recipients: readonly Address[], message: Message) => {
        await this.beforeTaking()
        const chunks: Buffer[] = []
        for await (const chunk of message.chunks()) chunks.push(chunk)
        const content = Buffer.concat(chunks).toString('latin1')
        this.got.push({ sender: formatAddress(sender), recipients: recipients.map(formatAddress), content })
        return new Map(recipients.map(to => [to, ok]))
      },
      end: () => {},
    }
  }
}

export interface LogLine {
  readonly level: string
  readonly about: object
  readonly message: string
}

/** A whole edge on loopback, in front of a gateway of literals. */
export interface TestEdge extends AsyncDisposable {
  readonly server: SmtpServer
  readonly port: number
  readonly ports: readonly number[]
  readonly nextHop: NextHop
  readonly traces: Trace[]
  readonly log: LogLine[]
  /** Resolves with the next trace that satisfies the question, or one that is there already. */
  traced(question?: (trace: Trace) => boolean): Promise<Trace>
}

export const tlsFiles = {
  cert: fileURLToPath(new URL('../../fixtures/tls/test-only.pem', import.meta.url)),
  key: fileURLToPath(new URL('../../fixtures/tls/test-only.key', import.meta.url)),
}

interface EdgeOptions extends Partial<Omit<SmtpServerOptions, 'listeners'>> {
  readonly listeners?: readonly Partial<SmtpServerOptions['listeners'][number]>[]
  readonly rules?: readonly Rule[]
  readonly over?: Partial<Gateway>
}

/** Opens an edge, to be closed by who opens it: `await using` does. Greetings come at once, unless a limit says otherwise. */
export async function openEdge({
  rules = [],
  over = {},
  limits = {},
  listeners = [{}],
  ...options
}: EdgeOptions = {}): Promise<TestEdge> {
  const nextHop = new NextHop()
  const traces: Trace[] = []
  const log: LogLine[] = []
  const questions = new Set<() => void>()
  const gateway: Gateway = {
    rulebook: rulebook(rules),
    mode: 'enforce',
    world: { now: () => new Date(), dns: noDns },
    isDegraded: () => false,
    quarantine: new Shelf(),
    route: recipient => (['our.example', ''].includes(recipient.domain) ? { transport: nextHop, recipient } : undefined),
    isExempt: recipient => recipient.local.toLowerCase() === 'postmaster',
    maxRecipients: 100,
    budgetMs: defaultBudgetMs,
    annotate: message => message,
    record: trace => {
      traces.push(trace)
      for (const ask of questions) ask()
    },
    ...over,
  }
  const server = await openSmtpServer({
    hostname: 'mx.example.org',
    gateway: () => gateway,
    store: memoryStore(() => new Date()),
    exempt: [],
    log: logTo(log),
    ...options,
    limits: {
      greetDelayMs: 0,
      refusalDelayMs: 0,
      newPerMinute: 10_000,
      connectionsPerAddress: 100,
      connectionsPerNetwork: 100,
      stress: { ...defaultLimits.stress, atDelayMs: 0 }, // other tests may keep this machine busy
      ...limits,
    },
    listeners: listeners.map(listener => ({ address: '127.0.0.1', port: 0, as: 'mx', ...listener })),
  })
  const ports = server.addresses.map(({ port }) => port)

  const traced = (question: (trace: Trace) => boolean = () => true) => {
    const { promise, resolve, reject } = Promise.withResolvers<Trace>()
    const late = setTimeout(() => reject(new Error('no such trace in time')), 5000)
    const ask = () => {
      const found = traces.find(question)
      if (found) resolve(found)
    }
    questions.add(ask)
    ask()
    return promise.finally(() => {
      clearTimeout(late)
      questions.delete(ask)
    })
  }
  const close = () => server.close()
  return { server, port: ports[0] ?? 0, ports, nextHop, traces, log, traced, [Symbol.asyncDispose]: close }
}

function logTo(log: LogLine[]): Logger {
  const at = (level: string) => (about: object, message: string) => void log.push({ level, about, message })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** A message in the form that goes over the wire, without the final dot. */
export const letter = 'Subject: hello\r\nFrom: a@example.com\r\n\r\nHello\r\n'

/** The commands up to DATA, each to be accepted. */
export const opening = ['EHLO client.example', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@our.example>', 'DATA']

/** The limits that were reached, and how often: by connections, sessions and commands. */
export function limitsReached({ seen }: Pick<SmtpServer, 'seen'>): Record<string, number> {
  return sum(seen.flatMap(({ refused, cut, denied }) => [...refused.all, ...cut.all, ...denied.all]))
}

/** What has been counted at all, by its label. */
export function sum(all: EdgeCounts['faults']['all']): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [[label = ''], { value }] of all) if (value > 0) sums[label] = (sums[label] ?? 0) + value
  return sums
}
