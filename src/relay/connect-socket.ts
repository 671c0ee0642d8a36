import { connect, type Socket } from 'node:net'
import type { Trouble } from './server-reply.ts'

/** Where a server listens: on TCP, or on a unix socket. */
export type HopAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** A connected socket, or why there is none. */
export function connectSocket(address: HopAddress, ms: number): Promise<Socket | Trouble> {
  const socket = connect(address)
  socket.setNoDelay(true)
  return new Promise(resolve => {
    const fail = (detail: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ trouble: 'unreachable', detail })
    }
    const timer = setTimeout(() => fail(`no connection within ${ms} ms`), ms)
    socket.once('error', error => fail(reason(error)))
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

/** The words of an error of the network; when several addresses were tried, it has only a code. */
export function reason(error: NodeJS.ErrnoException): string {
  return error.message || error.code || error.name
}
