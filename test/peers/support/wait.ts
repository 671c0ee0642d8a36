import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Asks again and again until there is an answer: real peers do not tell when they are ready. */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, patienceMs = 20_000): Promise<T> {
  const end = Date.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`${what}: waited for ${patienceMs} ms`)
    await pause(50)
  }
}

/** Waits until somebody listens on a port of 127.0.0.1. */
export function untilListening(what: string, port: number): Promise<true> {
  return until(`${what} on port ${port}`, () => isListening(port))
}

function isListening(port: number): Promise<true | undefined> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(undefined))
    socket.on('connect', () => socket.destroy())
  })
}
