import { isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Session } from '../mail/session.ts'
import { authenticate } from './authenticate.ts'
import { ClientConnection } from './client-connection.ts'
import { connectSocket } from './connect-socket.ts'
import { Link } from './link.ts'
import type { NextHop } from './next-hop.ts'
import { proxyHeader } from './proxy-header.ts'
import { type Answer, describe, isPositive, isTrouble, type Trouble } from './server-reply.ts'

export interface OpenOptions {
  /** Without TLS, because it has failed before: only where it is opportunistic. */
  readonly inClear: boolean
  /** The client that the connection is for. */
  readonly session: Session
}

/** Connects to a next hop and greets it, up to the point where a transaction may begin. */
export async function openLink(hop: NextHop, { inClear, session }: OpenOptions): Promise<Link | Trouble> {
  const socket = await connectSocket(hop.address, hop.timeouts.connectMs)
  if (isTrouble(socket)) return socket
  const connection = new ClientConnection(socket)
  if (hop.identity === 'proxy') connection.write(headerFor(session, socket))
  const link = new Link(connection, hop)
  const trouble = await welcome(link, { ...hop, tls: inClear ? 'off' : hop.tls })
  if (!trouble) return link
  connection.destroy()
  return trouble
}

async function welcome(link: Link, hop: NextHop): Promise<Trouble | undefined> {
  const { connection } = link
  const { greetingMs } = hop.timeouts
  if (hop.tls === 'implicit') {
    const trouble = await encrypt(link, hop)
    if (trouble) return trouble
  }
  const banner = await connection.reply(greetingMs)
  if (!isPositive(banner)) return unreachable('greeting', banner)
  const greeting = await link.greet()
  if (!isPositive(greeting)) return unreachable('EHLO', greeting)
  const trouble = hop.tls === 'opportunistic' || hop.tls === 'required' ? await secure(link, hop) : undefined
  return trouble ?? (hop.credentials && authenticate(link, hop.credentials))
}

async function secure(link: Link, hop: NextHop): Promise<Trouble | undefined> {
  const isRequired = hop.tls === 'required'
  if (!link.extensions.startTls) return isRequired ? notOffered : undefined
  const { greetingMs } = hop.timeouts
  const answer = await link.connection.command('STARTTLS', greetingMs)
  if (isTrouble(answer)) return unreachable('STARTTLS', answer)
  // Refused: the connection goes on in clear, if it may.
  if (!isPositive(answer)) return isRequired ? { ...notOffered, detail: `STARTTLS: ${describe(answer)}` } : undefined
  const trouble = await encrypt(link, hop)
  if (trouble) return trouble
  // RFC 3207, 4.2: what was said in clear is forgotten.
  const greeting = await link.greet()
  return isPositive(greeting) ? undefined : unreachable('EHLO', greeting)
}

async function encrypt(link: Link, hop: NextHop): Promise<Trouble | undefined> {
  const trouble = await link.connection.startTls(tlsOptions(hop), hop.timeouts.greetingMs, hop.checkPeer)
  if (trouble && !trouble.isTolerated) return trouble
  link.isSecure = true
  link.remark = trouble
  return undefined
}

const notOffered: Trouble = { trouble: 'tls', detail: 'STARTTLS is not offered', code: 'starttls-not-supported' }

function unreachable(step: string, answer: Answer): Trouble {
  return { trouble: 'unreachable', detail: `${step}: ${describe(answer)}` }
}

function tlsOptions({ address, tls, verify, ca, serverName, secureContext, checkPeer }: NextHop): ConnectionOptions {
  const host = serverName ?? ('host' in address ? address.host : 'localhost')
  return {
    host,
    // RFC 6066, 3: the name of a server is never an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(secureContext && { secureContext }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls !== 'opportunistic' && verify && !checkPeer,
  }
}

function headerFor(session: Session, socket: Socket): Buffer {
  return proxyHeader(session.client, { ip: socket.remoteAddress ?? '127.0.0.1', port: socket.remotePort ?? 0 })
}
