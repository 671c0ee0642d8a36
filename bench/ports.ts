import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that Linux gives to outgoing connections, of which a load has thousands. */
const lowest = 10_000
const highest = 30_000

/** The first of two free ports of 127.0.0.1: our servers tell their counts on the second. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false // once rejects with what `listen` has failed for
  } finally {
    server.close()
  }
}
