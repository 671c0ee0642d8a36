import { setTimeout as wait } from 'node:timers/promises'
import { proportionalBytes } from './account.ts'
import type { IdleCell } from './cells.ts'
import { hold } from './generator.ts'
import type { Running } from './running.ts'
import type { IdleSample } from './sample.ts'
import type { Surroundings } from './surroundings.ts'

const restSeconds = 0.7

/** Opens connections that say nothing, and looks at what they take. */
export async function measureIdle(
  cell: IdleCell,
  running: Running,
  around: Surroundings,
  { round }: { readonly round: number },
): Promise<IdleSample> {
  const { peer, child } = running
  await wait(restSeconds * 1000)
  const before = proportionalBytes(child.pids())
  const began = performance.now()
  const held = Promise.withResolvers<void>()
  const outcome = hold(cell.connections, running, around, { seconds: 3 * restSeconds, onHeld: held.resolve })
  await Promise.race([held.promise, outcome])
  const openSeconds = (performance.now() - began) / 1000
  await wait(restSeconds * 1000)
  const cpu = child.account.cpuSeconds()
  await wait(restSeconds * 1000)
  const busy = (child.account.cpuSeconds() - cpu) / restSeconds
  const during = proportionalBytes(child.pids())
  const { messages, errors, samples } = await outcome
  return {
    cell: cell.name,
    peer: peer.name,
    round,
    held: messages,
    errors,
    errorSamples: samples,
    before,
    during,
    busy,
    openSeconds,
  }
}
