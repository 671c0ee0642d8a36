import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ConfigurationSource } from '../../config/find.ts'
import { type Batch, type LaneTask, NeedsOrder } from './lane.ts'

const thread = join(import.meta.dirname, `lane-thread${extname(import.meta.filename)}`)
/** So many batches may lie ready. */
const ahead = 16

/** The batches of a lane that another thread judges. */
export async function* judgeInThread(source: ConfigurationSource, task: LaneTask): AsyncGenerator<Batch> {
  const worker = new Worker(thread, { workerData: { source, task, ahead } })
  const news = listen(worker)
  try {
    for (let batch = await news.next(); batch; batch = await news.next()) {
      worker.postMessage('taken')
      yield batch
    }
  } finally {
    await worker.terminate()
  }
}

/** What a thread says, one after the other; nothing when it is over. */
function listen(worker: Worker): { next(): Promise<Batch | undefined> } {
  const waiting: Batch[] = []
  let end: { readonly error?: Error } | undefined
  let wake = () => {}
  const finish = (how: { readonly error?: Error }) => {
    end ??= how
    wake()
  }
  worker.on('message', (news: Batch | 'needs order') => {
    if (news === 'needs order') return finish({ error: new NeedsOrder() })
    waiting.push(news)
    wake()
  })
  worker.on('error', error => finish({ error: error instanceof Error ? error : new Error(String(error)) }))
  worker.on('exit', () => finish({}))
  const next = async (): Promise<Batch | undefined> => {
    while (waiting.length === 0 && !end) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    if (waiting.length === 0 && end?.error) throw end.error
    return waiting.shift()
  }
  return { next }
}
