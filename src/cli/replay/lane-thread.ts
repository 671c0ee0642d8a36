import { parentPort, workerData } from 'node:worker_threads'
import type { ConfigurationSource } from '../../config/find.ts'
import { loadConfiguration } from '../../config/load.ts'
import { judgeSlices, type LaneTask, NeedsOrder } from './lane.ts'

// A lane in a thread of its own. It is so many batches ahead at most: nobody must hold what nobody reads.
const { source, task, ahead }: { source: ConfigurationSource; task: LaneTask; ahead: number } = workerData

let credit = ahead
let wake = () => {}
parentPort?.on('message', () => {
  credit += 1
  wake()
})

try {
  await work()
} catch (error) {
  if (!(error instanceof NeedsOrder)) throw error
  parentPort?.postMessage('needs order')
}
parentPort?.close()

async function work(): Promise<void> {
  const loaded = await loadConfiguration(source)
  // It was without a fault a moment ago.
  if ('problems' in loaded) throw new Error('The configuration has changed')
  for await (const batch of judgeSlices(loaded.value, task)) {
    while (credit === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    credit -= 1
    parentPort?.postMessage(batch)
  }
}
