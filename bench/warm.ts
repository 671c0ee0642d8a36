import { setTimeout as wait } from 'node:timers/promises'
import type { LoadCell } from './cells.ts'
import { generate } from './generator.ts'
import type { Peer } from './peer.ts'
import { type Running, type StartOptions, startPeer } from './running.ts'
import type { Surroundings } from './surroundings.ts'
import { clients } from './zone.ts'

/** How long the answers about known clients are surely remembered: "no such name" is for five minutes. */
const memoryMs = 120_000
const mostSeconds = 60
const settleMs = 300

const load: LoadCell = {
  kind: 'load',
  name: 'warm-up',
  group: '',
  title: '',
  peers: [],
  size: '4k',
  connections: 20,
  perConnection: 1,
  clients: 'known',
}

/** A peer that has been started, and has taken so many messages already. */
export async function startWarm(
  peer: Peer,
  around: Surroundings,
  options: StartOptions & { readonly messages: number },
): Promise<Running> {
  const running = await startPeer(peer, around, options)
  try {
    await wait(settleMs)
    const outcome = await generate(load, running, around, { seconds: mostSeconds, messages: options.messages })
    if (outcome.messages === 0) throw new Error(`${peer.name} takes no mail: ${outcome.samples.join('; ')}`)
  } catch (error) {
    await running.child.stop()
    throw error
  }
  running.warmedAt = performance.now()
  return running
}

/** Lets a peer see all known clients again, if that was long ago. */
export async function keepWarm(running: Running, around: Surroundings): Promise<void> {
  if (!running.peer.proxied || performance.now() - running.warmedAt < memoryMs) return
  await generate(load, running, around, { seconds: mostSeconds, messages: clients.known.count })
  running.warmedAt = performance.now()
}
