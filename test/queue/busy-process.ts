/**
 * A process that takes messages into a queue, and delivers them, until it is killed: `busy-process.ts FOLDER MESSAGES LATER`. It
 * writes `250 ID` for each that it has taken, `arrived ID` where it arrives, and at its end how many are `left`. `LATER` is how far its clock is ahead, in ms.
 */
import { writeSync } from 'node:fs'
import type { Transport } from '../../src/engine/transport.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { ok } from '../../src/mail/reply.ts'
import { newQueueCounters } from '../../src/queue/counters.ts'
import { DeliveryWorker } from '../../src/queue/delivery-worker.ts'
import { openSqliteQueue } from '../../src/queue/sqlite/sqlite-queue.ts'
import { Windows } from '../../src/queue/windows.ts'
import { letter, mail, settings } from './stage.ts'

const [folder = '', messages = '0', later = '0'] = process.argv.slice(2)
const now = () => Date.now() + Number(later)
const say = (text: string) => writeSync(1, `${text}\n`)

const store = await openSqliteQueue(folder, now)
const transport: Transport = {
  name: 'there',
  begin: ({ id }) => ({
    ask: async () => ok,
    send: async recipients => {
      say(`arrived ${id}`)
      return new Map(recipients.map(recipient => [recipient, ok]))
    },
    end: () => {},
  }),
}
const worker = new DeliveryWorker({
  ...{ store, settings, counters: newQueueCounters(), hostname: 'mx.our.example', random: Math.random },
  findWay: domain => ({ transport, provider: domain }),
  now: () => new Date(now()),
  windows: new Windows({ connections: settings.connections, providers: {}, processes: 1 }),
  sign: message => message,
  keep: async () => {},
  report: () => {},
})
const large = new MemoryMessage(Buffer.alloc(300_000, 'x'))
const run = process.pid
for (let number = 0; number < Number(messages); number++) {
  const each = { ...mail('bob@a.example'), id: `R${run}.${number}` }
  await store.add(each, number % 2 === 0 ? letter : large)
  say(`250 ${each.id}`)
  worker.wake()
}
worker.wake()
await worker.idle()
say(`left ${(await store.counts()).messages}`)
await store.close()
