import type { Socket } from 'node:net'
import type { Client } from '../mail/session.ts'
import { readProxyHeader } from './proxy-header.ts'

/**
 * Reads the PROXY header that must open a connection from a proxy of ours, and leaves what follows in the socket.
 * `late` when it does not come in time, undefined when it is broken: then nothing is known of the client, and it must go.
 */
export async function readProxiedClient(socket: Socket, proxy: Client, ms: number): Promise<Client | 'late' | undefined> {
  const { promise, resolve } = Promise.withResolvers<Client | 'late' | undefined>()
  let bytes = Buffer.alloc(0)
  const onReadable = () => {
    bytes = Buffer.concat([bytes, socket.read() ?? Buffer.alloc(0)])
    const header = readProxyHeader(bytes)
    if (header === 'broken') resolve(undefined)
    if (typeof header === 'string') return
    // Before anyone else listens again: what is put back comes first.
    socket.off('readable', onReadable)
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length))
    resolve(header.client ?? proxy)
  }
  const onGone = () => resolve(undefined)
  const timer = setTimeout(resolve, ms, 'late')
  socket.on('readable', onReadable).once('end', onGone).once('close', onGone)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('readable', onReadable).off('end', onGone).off('close', onGone)
  })
}
