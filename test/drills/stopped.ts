import { setTimeout as wait } from 'node:timers/promises'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { type Drill, expecting } from './drill.ts'
import { send } from './stage/sender.ts'
import { at } from './stage/stage.ts'

/** The service manager stops Postern while a message comes in. */
export const stoppedInData: Drill = {
  name: 'sigterm-in-data',
  run: async stage => {
    const hop = await stage.hop()
    const { postern, port } = await stage.postern({ relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } } })
    const ledger = stage.ledger(at(hop), stage.quarantine())
    const idle = await SmtpClient.open({ port })
    stage.later(() => idle.leave())
    await idle.answer()
    await idle.say('EHLO mx.sender.example.org')
    const stop = async () => {
      postern.signal('SIGTERM')
      await postern.said('stopping')
      await wait(500)
      return send({ port })
    }
    const late = Promise.withResolvers<Awaited<ReturnType<typeof send>>>()
    const sending = await send({ port, bytes: 2_000_000, beforeDot: async () => late.resolve(await stop()) })
    const [goodbye, refused, code] = [await idle.answer(), await late.promise, await postern.ended()]
    ledger.note(sending, refused)
    const { clients, where, faults } = await ledger.account()
    const expected = expecting({
      'the message to be finished': sending.taken,
      '421 for a client that waits': goodbye.code === 421,
      'nobody to be let in': refused.heard.startsWith('connection refused'),
      'exit code 0': code === 0,
    })
    const heard = `${clients}; a client that was waiting: ${goodbye.code} ${goodbye.text}`
    return [
      {
        done: 'SIGTERM while one message comes in, one client waits, and one arrives',
        clients: heard,
        where: `${where}; exit code ${code}`,
        faults: [...faults, ...expected],
      },
    ]
  },
}
