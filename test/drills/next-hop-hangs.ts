import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { until } from '../peers/support/wait.ts'
import { shortTimeouts } from './at-each-step.ts'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { send } from './stage/sender.ts'
import type { Stage } from './stage/stage.ts'

/** What a next hop can do without a word: not accept, and not read. */
export const nextHopHangs: Drill = {
  name: 'next-hop-hangs',
  run: async stage => {
    const ports = { frozen: await frozenPort(stage), deaf: await deafPort(stage) }
    const relay = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [
        `${name}.example`,
        { to: `smtp://127.0.0.1:${port}`, timeouts: shortTimeouts },
      ]),
    )
    const { port } = await stage.postern({ relay })
    return Promise.all([
      hanging(stage, { port, to: 'bob@frozen.example', done: 'the next hop is frozen and takes no connection' }),
      hanging(stage, {
        port,
        to: 'bob@deaf.example',
        bytes: 20_000_000,
        done: 'the next hop stops reading in the middle of 20 MB',
      }),
    ])
  },
}

async function hanging(
  stage: Stage,
  { done, ...options }: { port: number; to: string; bytes?: number; done: string },
): Promise<Outcome> {
  const ledger = stage.ledger(stage.quarantine())
  const sent = await send(options)
  ledger.note(sent)
  const { clients, where, faults } = await ledger.account()
  return { done, clients, where, faults: [...faults, ...expecting({ 'a reply 4yz': sent.code >= 400 && sent.code < 500 })] }
}

const listener = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))`

/** The port of a process that has been stopped, and whose queue of connections is full. */
async function frozenPort(stage: Stage): Promise<number> {
  const child = spawn(process.execPath, ['-e', listener], { stdio: ['ignore', 'pipe', 'inherit'] })
  stage.later(() => child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  child.kill('SIGSTOP')
  const sockets = Array.from({ length: 4 }, () => connect({ port: Number(line), host: '127.0.0.1' }).on('error', () => {}))
  stage.later(() => {
    for (const socket of sockets) socket.destroy()
  })
  // The kernel completes two connections for a queue of one, and answers no more.
  await until('a full queue', () => (sockets.filter(({ connecting }) => !connecting).length >= 2 ? true : undefined))
  return Number(line)
}

/** The port of a server that takes everything up to the message, and does not read that. */
async function deafPort(stage: Stage): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.write('220 deaf.test ESMTP\r\n')
    createInterface({ input: socket }).on('line', line => {
      const isData = line === 'DATA'
      socket.write(isData ? '354 Go on\r\n' : '250 OK\r\n')
      if (isData) socket.pause()
    })
    stage.later(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  stage.later(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port // a server that listens on TCP has one
}
