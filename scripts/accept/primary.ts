import { type ChildProcess, fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, type Way } from './ways.ts'

const way = process.argv[2] as Way
const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url))
const isCluster = way === 'round-robin' || way === 'shared'
cluster.schedulingPolicy = way === 'round-robin' ? cluster.SCHED_RR : cluster.SCHED_NONE
cluster.setupPrimary({ exec: workerFile, args: [way] })

const port = await freePort()
// What node:cluster itself calls: a socket that is bound, and that this process never accepts from.
const handle = way === 'held' ? createRequire(import.meta.url)('node:net')._createServerHandle('127.0.0.1', port, 4) : undefined
const taken = [0, 0]
let cpu = 0
const workers = [await start(0), await start(1)]

process.on('message', async what => {
  if (what === 'kill') workers[0]?.kill('SIGKILL')
  if (what === 'replace') await replace()
  if (what === 'block') workers[0]?.send('block')
  if (what !== 'figures') return
  for (const worker of workers) worker?.send('figures')
  await Promise.all(workers.map(worker => once(worker, 'message')))
  process.send?.({ taken, cpuSeconds: cpu + cpuSeconds(), primarySeconds: cpuSeconds() })
})
process.send?.({ port })

/** Starts a worker, and another when it has ended. */
async function start(place: number): Promise<ChildProcess> {
  const child = isCluster ? cluster.fork().process : fork(workerFile, [way])
  child.on('message', ({ connections, seconds }: { connections?: number; seconds?: number }) => {
    taken[place] = (taken[place] ?? 0) + (connections ?? 0)
    cpu += seconds ?? 0
  })
  await once(child, 'message')
  child.send(String(port), handle)
  await once(child, 'message')
  child.once('exit', async () => {
    if (workers[place] !== child) return
    delete workers[place]
    workers[place] = await start(place)
  })
  return child
}

/** The new one first; one after the other. */
async function replace(): Promise<void> {
  const old = workers[0]
  if (!old) return
  delete workers[0]
  workers[0] = await start(0)
  old.send('leave')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
