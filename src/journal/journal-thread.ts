import { parentPort, workerData } from 'node:worker_threads'
import type { Row } from './record.ts'
import { Scribe } from './scribe.ts'

/** The thread that writes the journal: it hears lines, and tells what has become of them. */
const scribe = new Scribe(workerData, news => parentPort?.postMessage(news))

parentPort?.on('message', (rows: readonly Row[] | null) => {
  if (rows) return scribe.take(rows)
  scribe.close()
  parentPort?.close()
})
