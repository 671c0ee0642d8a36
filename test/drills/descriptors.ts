import { existsSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Drill, expecting } from './drill.ts'
import { type Sent, send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

const descriptors = 64
const prlimit = '/usr/bin/prlimit'

/** More clients connect than there are file descriptors, while a message comes in. */
export const descriptorsUsedUp: Drill = {
  name: 'descriptors-used-up',
  lacks: () => (existsSync(prlimit) ? undefined : `needs ${prlimit}`),
  run: async stage => {
    const hop = await stage.hop()
    const relay = {
      'our.example': { to: `smtp://127.0.0.1:${hop.port}` },
      'large.example': { to: `smtp://127.0.0.1:${hop.port}` },
    }
    const { postern, port } = await stage.postern({ relay }, { under: [prlimit, `--nofile=${descriptors}:${descriptors}`] })
    const ledger = stage.ledger(at(hop), stage.quarantine())
    const crowd: Socket[] = []
    let used = 0
    let during: Sent | undefined
    const begin = async () => {
      crowd.push(...(await crowdAt(stage, port, 2 * descriptors)))
      used = readdirSync(`/proc/${postern.pid}/fd`).length
      during = await send({ port, patienceMs: 1000 })
    }
    const amidst = await send({ port, bytes: 3_000_000, beforeDot: begin })
    for (const socket of crowd) socket.destroy()
    await wait(500)
    const after = [await send({ port }), await send({ port, bytes: 3_000_000 })]
    ledger.note(amidst, ...after)
    const { clients, where, faults } = await ledger.account()
    const expected = expecting({
      [`all descriptors to be in use, found ${used}`]: used >= descriptors - 1,
      'an answer to the message amidst': amidst.code !== 0,
      'those who come later to be served': after.every(({ taken }) => taken),
      'the process to go on': !postern.hasEnded,
    })
    const heard = `${clients}; while there are none left, a new client: ${during?.heard}`
    return [
      {
        done: `${2 * descriptors} clients connect where ${descriptors} file descriptors are allowed, in the middle of a message; then they leave`,
        clients: heard,
        where,
        faults: [...faults, ...expected],
      },
    ]
  },
}

/** So many clients that say nothing. */
async function crowdAt(stage: Stage, port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}))
  stage.later(() => {
    for (const socket of sockets) socket.destroy()
  })
  await wait(1000)
  return sockets
}
