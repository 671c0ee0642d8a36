import { mock } from 'node:test'
import { type DnsServer, startDnsServer } from '../../fixtures/dns-server.ts'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import { readContent } from '../../scripts/realworld/sessions.ts'
import { Service } from '../../src/cli/service.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { configurationFor } from './configuration.ts'
import { heloOf, setZone, unsetZone } from './find-facts.ts'
import { always, type Origin } from './origins.ts'

/** What is really sent again. */
interface Sending {
  readonly folder: string
  readonly traces: readonly Trace[]
  /** From which session of the corpus a trace was made. */
  readonly originOf: (trace: Trace) => Origin
  readonly change?: (rules: string) => string
}

/**
 * Sends recorded transactions again, over SMTP, to a gateway with real DNS and a real next hop, at the times of the record:
 * the clock of this process is set to them. Answers with what the gateway has recorded, in the same order.
 */
export async function sendAgain({ folder, traces, originOf, change }: Sending): Promise<Trace[]> {
  const first = traces[0]
  if (!first) return []
  mock.timers.enable({ apis: ['Date'], now: Date.parse(first.started) })
  const stage = await open(folder, change)
  const sessions = new Map<string, SmtpClient>()
  try {
    const last = new Map(traces.map(trace => [trace.session.id, trace]))
    for (const trace of traces) {
      const origin = originOf(trace)
      setZone(stage.dns, origin.zone)
      await send(trace, origin, stage, sessions)
      unsetZone(stage.dns, origin.zone)
      // So many connections from one address as there are sessions would not be let in.
      if (last.get(trace.session.id) === trace) await leave(trace.session.id, sessions)
    }
    return stage.recorded
  } finally {
    for (const client of sessions.values()) client.leave()
    await stage.close()
    mock.timers.reset()
  }
}

interface Stage {
  readonly dns: DnsServer
  readonly nextHop: NextHop
  readonly port: number
  readonly recorded: Trace[]
  close(): Promise<void>
}

async function open(folder: string, change: Sending['change']): Promise<Stage> {
  const dns = await startDnsServer(always)
  const unknown = (recipient: string) => (recipient.startsWith('unknown') ? '550 5.1.1 No such user' : undefined)
  const nextHop = await startNextHop({ script: { rcpt: ({ recipient }) => unknown(recipient) } })
  const variant = { folder, dns: dns.address, nextHop: nextHop.port, name: 'live' }
  const recorded: Trace[] = []
  const nothing = () => {}
  const log = { info: nothing, warn: nothing, error: console.error, transaction: (trace: Trace) => recorded.push(trace) }
  const service = await Service.start(await configurationFor({ ...variant, ...(change && { change }) }), {
    ...log,
    close: async () => {},
  })
  if ('problems' in service) throw new Error(service.problems.map(formatProblem).join('\n'))
  const close = async () => {
    await service.value.stop(1000)
    await Promise.all([dns.close(), nextHop.close()])
  }
  return { dns, nextHop, port: service.value.addresses[0]?.port ?? 0, recorded, close }
}

/** One transaction, in the connection of its session. */
async function send(trace: Trace, origin: Origin, { port, recorded }: Stage, sessions: Map<string, SmtpClient>): Promise<void> {
  const began = Date.parse(trace.started)
  mock.timers.setTime(began)
  const count = recorded.length
  const client = sessions.get(trace.session.id) ?? (await greet(origin, port))
  sessions.set(trace.session.id, client)
  const mail = await client.say(`MAIL FROM:<${trace.sender ?? ''}> BODY=8BITMIME`)
  if (mail.code !== 250) throw new Error(`${trace.id}: MAIL was answered by ${mail.code} ${mail.text}`)
  const answers: Answer[] = []
  for (const { address } of trace.recipients) answers.push(await client.say(`RCPT TO:<${address}>`))
  if (trace.ending === 'quit') await leave(trace.session.id, sessions)
  else if (answers.some(({ code }) => code === 250)) await giveMessage(client, origin, began + trace.ms)
  else {
    mock.timers.setTime(began + trace.ms)
    await client.say('RSET')
  }
  // The trace of a client that has left comes a moment later.
  while (recorded.length === count) await new Promise(resolve => setImmediate(resolve))
}

async function leave(session: string, sessions: Map<string, SmtpClient>): Promise<void> {
  await sessions.get(session)?.quit()
  sessions.delete(session)
}

async function giveMessage(client: SmtpClient, { session }: Origin, at: number): Promise<void> {
  await client.say('DATA')
  mock.timers.setTime(at)
  await client.send(await readContent(session))
}

async function greet({ session, ip }: Origin, port: number): Promise<SmtpClient> {
  const client = await SmtpClient.open({ port, ip })
  await client.answer()
  await client.say(`EHLO ${heloOf(session.helo, ip)}`)
  return client
}
