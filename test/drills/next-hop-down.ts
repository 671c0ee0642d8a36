import { startNextHop } from '../../fixtures/next-hop.ts'
import { needs } from '../peers/support/needs.ts'
import { startPostfix } from '../peers/support/postfix.ts'
import { until } from '../peers/support/wait.ts'
import { type Drill, expecting } from './drill.ts'
import type { Copy } from './stage/ledger.ts'
import { send } from './stage/sender.ts'
import { at, copiesBelow, type Stage } from './stage/stage.ts'

/** A mail server that can be taken away: Postfix where there is one, else ours. */
async function mailServer(stage: Stage) {
  if (needs('postfix', 'root')) {
    const hop = await startNextHop()
    stage.later(() => hop.close())
    return { name: 'the next hop', port: hop.port, place: at(hop), down: () => hop.close() }
  }
  const postfix = await startPostfix()
  const find = () => copiesBelow(postfix.newMail('bob'))
  let kept: readonly Copy[] | undefined
  const down = async () => {
    if (kept) return
    kept = await find()
    await postfix.stop()
  }
  stage.later(down)
  return { name: 'Postfix', port: postfix.port, place: { name: 'Postfix', copies: async () => kept ?? find() }, down }
}

/** The next hop is taken away and comes back, as at an upgrade. */
export const nextHopDown: Drill = {
  name: 'next-hop-down',
  run: async stage => {
    const server = await mailServer(stage)
    const { port } = await stage.postern({ relay: { 'our.example': { to: `smtp://127.0.0.1:${server.port}` } } })
    const before = await send({ port })
    await until('the first message', async () => ((await server.place.copies()).length ? true : undefined))
    await server.down()
    const during = [await send({ port }), await send({ port })]
    const again = await startNextHop({ port: server.port })
    stage.later(() => again.close())
    const after = await Promise.all(during.map(({ id }) => send({ port, id })))
    const ledger = stage.ledger(server.place, at(again), stage.quarantine())
    ledger.note(before, ...during, ...after)
    const faults = expecting({
      'the first to be taken': before.taken,
      '4yz while it is down': during.every(({ code }) => code >= 400 && code < 500),
      'the others to be taken when it is back': after.every(({ taken }) => taken),
    })
    const account = await ledger.account()
    return [
      {
        done: `${server.name} goes down, and another comes back at its port`,
        ...account,
        faults: [...account.faults, ...faults],
      },
    ]
  },
}
