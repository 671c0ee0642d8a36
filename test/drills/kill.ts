import { setTimeout as wait } from 'node:timers/promises'
import type { NextHop } from '../../fixtures/next-hop.ts'
import { type Drill, expecting } from './drill.ts'
import type { Ledger } from './stage/ledger.ts'
import { at, type Stage } from './stage/stage.ts'
import { Traffic } from './stage/traffic.ts'

const processes = 4
/** How often each is killed. */
const moments = 5
/** Moments differ as chance has it, and are the same in each run. */
const longestMs = 150

/** The process is killed again and again in the middle of traffic; clients do what clients do, and send again what was not taken. */
export const killed: Drill = {
  name: 'kill-9',
  run: async stage => {
    const hop = await stage.hop()
    const ledger = stage.ledger(at(hop), stage.quarantine())
    // Several at a time: most of the time is spent on starting again.
    const traffics = await Promise.all(
      Array.from({ length: processes }, (_, number) => killAgainAndAgain(stage, { number, hop, ledger })),
    )
    const unsure = new Set(traffics.flatMap(traffic => [...traffic.unsure]))
    const taken = traffics.reduce((sum, traffic) => sum + traffic.taken, 0)
    const { doubled, faults, where } = await ledger.account({ mayDouble: id => unsure.has(id) })
    const clients = `${taken} × 250 to a message; ${unsure.size} × no answer after the dot; all others were cut off or not let in, and came again`
    const done = `kill -9 at ${processes * moments} random moments in the middle of traffic`
    return [
      {
        done,
        clients,
        where: doubled ? where : `${where}; doubled 0`,
        faults: [...faults, ...expecting({ traffic: taken > processes * moments })],
      },
    ]
  },
}

interface Scene {
  readonly number: number
  readonly hop: NextHop
  readonly ledger: Ledger
}

async function killAgainAndAgain(stage: Stage, { number, hop, ledger }: Scene): Promise<Traffic> {
  const settings = {
    name: `postern-${number}`,
    data: stage.path(`data-${number}`),
    relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } },
  }
  let { postern, port } = await stage.postern(settings)
  await stage.configure({ ...settings, port })
  const traffic = new Traffic(port, ledger)
  const random = numbers(number)
  for (let moment = 0; moment < moments; moment++) {
    await traffic.untilTaken(4)
    await wait(random() * longestMs)
    await postern.kill()
    postern = stage.spawn({}, settings.name)
    await postern.port()
  }
  await traffic.end()
  return traffic
}

/** Numbers from 0 to 1 as if by chance (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
