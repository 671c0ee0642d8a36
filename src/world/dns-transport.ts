import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Server } from './dns-server.ts'

/** What came of asking one server: the reply, or why there is none. */
export type Outcome =
  | { readonly status: 'replied'; readonly packet: Buffer }
  | { readonly status: 'failed' | 'silent' | 'aborted'; readonly error: string }

/** One query to one server. */
export interface Exchange {
  readonly server: Server
  readonly query: Buffer
  /** Whether this packet is the reply to the query. */
  readonly isReply: (packet: Buffer) => boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

type Settle = (outcome: Outcome) => void

/**
 * Asks over UDP. Each query has a socket of its own, and so a port that the system draws at random (RFC 5452, 9.2);
 * being connected, it takes packets from the server only. Halfway through its time the query is sent once more.
 */
export function askByUdp(exchange: Exchange): Promise<Outcome> {
  return untilSettled(exchange, settle => {
    const { server, query, isReply, timeoutMs } = exchange
    const socket = createSocket(server.family === 4 ? 'udp4' : 'udp6')
    socket.on('error', error => settle({ status: 'failed', error: error.message }))
    socket.on('message', packet => {
      if (isReply(packet)) settle({ status: 'replied', packet })
    })
    let again: NodeJS.Timeout | undefined
    socket.on('connect', () => {
      socket.send(query)
      again = setTimeout(() => socket.send(query), timeoutMs / 2)
    })
    socket.connect(server.port, server.address)
    return () => {
      clearTimeout(again)
      socket.close()
    }
  })
}

/** Asks over TCP, where a reply can have 64 KiB (RFC 7766, 8). */
export function askByTcp(exchange: Exchange): Promise<Outcome> {
  return untilSettled(exchange, settle => {
    const { server, query, isReply } = exchange
    const socket = connect(server.port, server.address)
    let received = Buffer.alloc(0)
    socket.on('error', error => settle({ status: 'failed', error: error.message }))
    socket.on('end', () => settle({ status: 'failed', error: 'the server closed the connection' }))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      const packet = framedPacket(received)
      if (!packet) return
      settle(isReply(packet) ? { status: 'replied', packet } : { status: 'failed', error: 'the reply is to another question' })
    })
    socket.write(Buffer.concat([lengthOf(query), query]))
    return () => socket.destroy()
  })
}

/** Runs one attempt until it settles, its time is up, or nobody wants to know any more; then stops it. */
function untilSettled({ timeoutMs, signal }: Exchange, start: (settle: Settle) => () => void): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let settled = false
  const settle: Settle = outcome => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    stop()
    resolve(outcome)
  }
  const abort = () => settle({ status: 'aborted', error: 'aborted' })
  const timer = setTimeout(() => settle({ status: 'silent', error: `no answer within ${timeoutMs} ms` }), timeoutMs)
  const stop = start(settle)
  signal?.addEventListener('abort', abort)
  return promise
}

function framedPacket(received: Buffer): Buffer | undefined {
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  return received.length < end ? undefined : received.subarray(2, end)
}

function lengthOf(packet: Buffer): Buffer {
  return Buffer.from([packet.length >> 8, packet.length & 0xff])
}
