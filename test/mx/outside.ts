import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import { type DnsServer, startDnsServer, type Zone } from '../../fixtures/dns-server.ts'
import { type NextHopOptions, type NextHop as Server25, startNextHop } from '../../fixtures/next-hop.ts'
import type { Store } from '../../src/engine/store.ts'
import type { MailParameters } from '../../src/mail/envelope.ts'
import type { Reply } from '../../src/mail/reply.ts'
import { Outbound, type OutboundOptions, type OutboundRoute } from '../../src/mx/outbound.ts'
import { outboundTimeouts } from '../../src/mx/timeouts.ts'
import { memoryStore } from '../../src/world/memory-store.ts'
import { Resolver } from '../../src/world/resolver.ts'
import { address, closeLater, relay, transaction } from '../relay/relaying.ts'

const read = (name: string) => readFileSync(new URL(`../../fixtures/tls/issued/${name}`, import.meta.url), 'utf8')
const key = read('server.key')

/** An authority, and certificates of it for `mx1.sts.example` and others. */
export const authority = read('authority.pem')
export const issued = { key, cert: read('server.pem') }
export const expired = { key, cert: read('expired.pem') }

const context = createSecureContext({ ca: authority, minVersion: 'TLSv1.2' })

/** The Internet as Postern sees it from inside a test. */
export interface Outside {
  readonly outbound: Outbound
  readonly dns: DnsServer
  readonly store: Store
  readonly port: number
}

/** The port of this machine that is every mail server's, on all its loopback addresses. */
async function freePort(): Promise<number> {
  const server = await startNextHop({ host: '0.0.0.0' })
  await server.close()
  return server.port
}

/** Ourselves is 127.0.0.99, also known as mx.ours.example. */
const own = { isOwnName: (name: string) => name === 'mx.ours.example', isOwnAddress: (ip: string) => ip === '127.0.0.99' }

export async function openOutside(zone: Zone, changes: Partial<OutboundOptions> = {}): Promise<Outside> {
  const dns = await startDnsServer(zone)
  const store = changes.store ?? memoryStore(() => new Date())
  const port = changes.ports?.smtp ?? (await freePort())
  const outbound = new Outbound({
    hostname: 'mx.ours.example',
    dns: new Resolver({ servers: [dns.address] }),
    store,
    own,
    families: [4],
    timeouts: { ...outboundTimeouts, connectMs: 5000 },
    maxConnections: 20,
    maxConnectionsInAll: 100,
    dane: true,
    mtaSts: true,
    trust: () => context,
    now: () => new Date(),
    ports: { smtp: port, https: 1 },
    ...changes,
  })
  closeLater(() => dns.close())
  closeLater(() => outbound.close())
  return { outbound, dns, store, port }
}

/** A mail server at one of the loopback addresses. */
export async function serve({ port }: Outside, host: string, options: NextHopOptions = {}): Promise<Server25> {
  const server = await startNextHop({ host, port, ...options })
  closeLater(() => server.close())
  return server
}

export async function routeOf({ outbound }: Outside, recipient: string, sender = 'ann@ours.example'): Promise<OutboundRoute> {
  const route = await outbound.route({ recipient: address(recipient), sender: address(sender) })
  if ('code' in route) throw new Error(`no route: ${route.code} ${route.status} ${route.text} (${route.detail})`)
  return route
}

/** Why there is no route: `550 5.1.2`. */
export async function refusalOf({ outbound }: Outside, recipient: string): Promise<string> {
  const route = await outbound.route({ recipient: address(recipient), sender: null })
  return 'code' in route ? `${route.code} ${route.status}` : route.transport.name
}

/** Sends to recipients of one domain, and answers with all replies as `code status`. */
export async function deliver(
  outside: Outside,
  recipients: readonly string[],
  parameters: MailParameters = {},
): Promise<string[]> {
  const { transport } = await routeOf(outside, recipients[0] ?? '')
  return relay(transport.begin(transaction(parameters, 'ann@ours.example')), ...recipients)
}

/** What a server's answer to the first question about a recipient is, in full. */
export async function replyOf(outside: Outside, recipient: string, parameters: MailParameters = {}): Promise<Reply> {
  const { transport } = await routeOf(outside, recipient)
  const delivery = transport.begin(transaction(parameters, 'ann@ours.example'))
  const reply = await delivery.ask(address(recipient))
  delivery.end()
  return reply
}

export const delivered = ['250 2.1.5', '250 2.0.0']

/** What a policy host says, and how often it was asked. */
export interface PolicyHost {
  readonly port: number
  readonly requests: readonly string[]
  close(): Promise<void>
}

export interface PolicyAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A policy host with a certificate, at 127.0.0.1. */
export async function startPolicyHost(answer: () => PolicyAnswer, tls = issued): Promise<PolicyHost> {
  const requests: string[] = []
  const server: Server = createServer(tls, (request, response) => {
    requests.push(`${request.headers.host}${request.url}`)
    const { status = 200, headers = { 'content-type': 'text/plain' }, body = '' } = answer()
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  closeLater(close)
  return { port: (server.address() as AddressInfo).port, requests, close } // a server that listens has one
}
