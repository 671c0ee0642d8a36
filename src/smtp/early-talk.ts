import type { Socket } from 'node:net'
import type { Store } from '../engine/store.ts'
import type { Limits } from './limits.ts'
import type { Logger } from './logger.ts'

export type Patience = 'patient' | 'talked' | 'left'

interface Greeting {
  readonly limits: Pick<Limits, 'greetDelayMs' | 'greetMemorySeconds'>
  /** Remembers the clients that have waited. */
  readonly store: Store
  readonly log: Logger
}

/** Proxies that speak for others need not show their manners. */
export const noDelay = { greetDelayMs: 0, greetMemorySeconds: 0 } as const

/**
 * Lets a client that we do not know wait for our greeting, which it must (RFC 5321, 3.1). What it says before stays in
 * the socket, for the dialogue.
 */
export async function testPatience(socket: Socket, ip: string, { limits, store, log }: Greeting): Promise<Patience> {
  const { greetDelayMs, greetMemorySeconds } = limits
  if (greetDelayMs === 0) return socket.readableLength > 0 ? 'talked' : 'patient'
  const isKnown = await remembered(ip, store, log)
  const patience = await waitFor(socket, isKnown ? 0 : greetDelayMs)
  // Who has once waited and talks now is a stranger again.
  const isNews = patience === (isKnown ? 'talked' : 'patient')
  if (isNews && greetMemorySeconds) {
    store
      .set(ip, patience === 'patient', greetMemorySeconds)
      .catch(error => log.warn({ error: String(error), ip }, 'could not remember a client'))
  }
  return patience
}

async function remembered(ip: string, store: Store, log: Logger): Promise<boolean> {
  try {
    return (await store.get(ip)) === true
  } catch (error) {
    log.warn({ error: String(error), ip }, 'could not look up whether a client is known')
    return false
  }
}

/** Until the client says something, leaves, or the time is up. */
async function waitFor(socket: Socket, ms: number): Promise<Patience> {
  if (socket.readableLength > 0) return 'talked'
  if (ms === 0) return 'patient'
  const { promise, resolve } = Promise.withResolvers<Patience>()
  const onReadable = () => resolve(socket.readableLength > 0 ? 'talked' : 'left')
  const onClose = () => resolve('left')
  const timer = setTimeout(resolve, ms, 'patient')
  socket.on('readable', onReadable)
  socket.once('close', onClose)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('readable', onReadable)
    socket.off('close', onClose)
  })
}
