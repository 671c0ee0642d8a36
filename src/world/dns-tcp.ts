import { connect } from 'node:net'
import type { Outcome } from './dns-outcome.ts'
import type { Asking } from './dns-socket.ts'
import { answersQuery } from './dns-wire.ts'

/** Asks over TCP, where a reply can have 64 KiB (RFC 7766, 8), by a connection for this query alone. */
export function askByTcp(query: Buffer, { server, timeoutMs, waits, counters }: Asking): Promise<Outcome> {
  counters.tcp += 1
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const socket = connect(server.port, server.address)
  const settle = (outcome: Outcome) => {
    waits.delete(waiting)
    socket.destroy()
    resolve(outcome)
  }
  let isHalfOver = false
  const waiting = {
    dueAt: 0,
    onDue: () => {
      if (isHalfOver) {
        counters.timeouts += 1
        settle({ status: 'silent', error: `no answer within ${timeoutMs} ms` })
      } else {
        isHalfOver = true
        waits.add(waiting)
      }
    },
  }
  waits.add(waiting)
  let received = Buffer.alloc(0)
  socket.on('error', error => settle({ status: 'failed', error: error.message }))
  socket.on('end', () => settle({ status: 'failed', error: 'the server closed the connection' }))
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    const packet = framedPacket(received)
    if (!packet) return
    const isReply = answersQuery(packet, query)
    settle(isReply ? { status: 'replied', packet } : { status: 'failed', error: 'the reply is to another question' })
  })
  socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]))
  return promise
}

function framedPacket(received: Buffer): Buffer | undefined {
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  return received.length < end ? undefined : received.subarray(2, end)
}
