import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { mustRun } from '../peers/support/run.ts'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { remembers } from './stage/policies.ts'
import type { Postern } from './stage/postern.ts'
import { send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

const messages = 100
/** More than a pipe holds, or a socket. */
const unreadBytes = 300_000
/** They all say something in each line of the log. */
const rules = Array.from({ length: 40 }, (_, number) => ({ ...remembers, name: `rule-${number}` }))

/** Who reads the log dies, or stops reading: mail goes on, and Postern can be stopped. */
export const logUnread: Drill = {
  name: 'log-unread',
  run: async stage => [await readerDies(stage), await readerStops(stage), await pipeIsFull(stage)],
}

async function readerDies(stage: Stage): Promise<Outcome> {
  const scene = await begin(stage, 'dies')
  await firstLine(scene.postern, scene.port)
  scene.postern.stdout?.destroy()
  return goOn(stage, scene, 'the reader of the log dies')
}

async function readerStops(stage: Stage): Promise<Outcome> {
  const scene = await begin(stage, 'stops')
  await firstLine(scene.postern, scene.port)
  scene.postern.stdout?.removeAllListeners('data').pause()
  return goOn(stage, scene, 'the reader of the log, at the end of a socket, stops reading')
}

/** As under a container engine: a real pipe, in which a write waits for the reader. */
async function pipeIsFull(stage: Stage): Promise<Outcome> {
  const fifo = stage.path('fifo')
  await mustRun('mkfifo', [fifo])
  // The end that reads is opened for both, else opening it would wait for the one that writes.
  const reading = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
  const writing = openSync(fifo, constants.O_WRONLY)
  const hop = await stage.hop()
  await stage.configure({
    name: 'pipe',
    data: stage.path('data-pipe'),
    relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } },
    rules,
  })
  const postern = stage.spawn({ stdout: writing }, 'pipe')
  closeSync(writing)
  const stream = new Socket({ fd: reading, readable: true, writable: false })
  const lines = createInterface({ input: stream }).on('line', line => postern.hear(line))
  const port = await postern.port()
  await firstLine(postern, port)
  lines.pause()
  stream.pause()
  stage.later(() => stream.destroy())
  return goOn(stage, { hop, postern, port }, 'the log is a pipe that nobody reads')
}

interface Scene {
  readonly hop: Awaited<ReturnType<Stage['hop']>>
  readonly postern: Postern
  readonly port: number
}

async function begin(stage: Stage, name: string): Promise<Scene> {
  const hop = await stage.hop()
  const relay = { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } }
  return { hop, ...(await stage.postern({ name, data: stage.path(`data-${name}`), relay, rules })) }
}

/** How long the line of one transaction is decides how much nobody will read. */
async function firstLine(postern: Postern, port: number): Promise<void> {
  await send({ port, bytes: 1000 })
  const line = await postern.said('transaction')
  const bytes = messages * JSON.stringify(line).length
  if (bytes < unreadBytes) throw new Error(`expected more than ${unreadBytes} bytes of log, found ${bytes}`)
}

async function goOn(stage: Stage, { hop, postern, port }: Scene, done: string): Promise<Outcome> {
  const ledger = stage.ledger(at(hop))
  for (let count = 0; count < messages; count += 10) {
    ledger.note(...(await Promise.all(Array.from({ length: 10 }, () => send({ port, bytes: 1000 })))))
  }
  const { clients, where, faults } = await ledger.account()
  postern.signal('SIGTERM')
  const code = await postern.ended(5000).catch(() => 'none within 5 s')
  const expected = expecting({
    'all mail to be taken': hop.messages.length === messages + 1,
    [`exit code 0, found ${code}`]: code === 0,
  })
  return {
    done,
    clients,
    where: `${where}; lines of the log are lost; SIGTERM: exit code ${code}`,
    faults: [...faults, ...expected],
  }
}
