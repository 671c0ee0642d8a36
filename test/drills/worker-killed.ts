import { until } from '../peers/support/wait.ts'
import { type Drill, expecting } from './drill.ts'
import { at } from './stage/stage.ts'
import { Traffic } from './stage/traffic.ts'

const times = 2

/** One worker of two is killed in the middle of traffic: the other serves, and a new one takes its place. */
export const workerKilled: Drill = {
  name: 'worker-killed',
  run: async stage => {
    const hop = await stage.hop()
    const { postern, port } = await stage.postern({
      workers: 2,
      relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } },
    })
    const ready = () => postern.log.filter(({ msg }) => msg === 'a worker is ready')
    if (ready().length === 0) return 'there are no workers yet: `workers: 2` starts one process'
    const ledger = stage.ledger(at(hop), stage.quarantine())
    const traffic = new Traffic(port, ledger)
    for (let time = 0; time < times; time++) {
      await traffic.untilTaken(8)
      const { length } = ready()
      process.kill(Number(ready().at(-1)?.pid), 'SIGKILL')
      await until('another worker', () => (ready().length > length ? true : undefined))
    }
    await traffic.untilTaken(8)
    await traffic.end()
    const { unsure, refused, taken } = traffic
    const { doubled, faults, where } = await ledger.account({ mayDouble: id => unsure.has(id) })
    const clients = `${taken} × 250 to a message; ${unsure.size} × no answer after the dot; ${refused} × connection refused`
    const expected = expecting({ 'nobody turned away at the door': refused === 0 })
    return [
      {
        done: `one of two workers is killed ${times} times in the middle of traffic`,
        clients,
        where: doubled ? where : `${where}; doubled 0`,
        faults: [...faults, ...expected],
      },
    ]
  },
}
