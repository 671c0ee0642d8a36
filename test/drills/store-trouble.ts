import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { remembers } from './stage/policies.ts'
import { send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

const locker = `const database = new (require('node:sqlite').DatabaseSync)(process.argv[1])
database.exec('BEGIN EXCLUSIVE')
console.log('locked')
setInterval(() => {}, 1000)`

/** Another process keeps the store to itself. */
export const storeLocked: Drill = {
  name: 'store-locked',
  run: async stage => {
    const hop = await stage.hop()
    const { port, postern } = await stage.postern({ relay: relayTo(hop.port), rules: [remembers] })
    const ledger = stage.ledger(at(hop), stage.quarantine())
    const child = spawn(process.execPath, ['-e', locker, stage.path('data/store.sqlite')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stage.later(() => child.kill('SIGKILL'))
    await once(createInterface({ input: child.stdout }), 'line')
    const during = await Promise.all(Array.from({ length: 8 }, () => send({ port })))
    await postern.said('the store cannot be used')
    child.kill('SIGKILL')
    const after = await send({ port })
    ledger.note(...during, after)
    await postern.said('the store can be written again')
    const { clients, where, faults } = await ledger.account()
    const slowest = Math.max(...during.map(({ slowestMs }) => slowestMs))
    const expected = expecting({
      'all mail to be taken': [...during, after].every(({ taken }) => taken),
      [`no answer to take long, found ${Math.round(slowest)} ms`]: slowest < 1500,
    })
    return [
      {
        done: 'another process locks the store while eight messages come in',
        clients,
        where: `${where}; the log says when the store cannot be written, and when it can`,
        faults: [...faults, ...expected],
      },
    ]
  },
}

/** The file of the store is no database any more, or cannot be written. */
export const storeBroken: Drill = {
  name: 'store-broken',
  run: async stage => [await brokenWhileRunning(stage), ...(await unusable(stage))],
}

const relayTo = (port: number) => ({ 'our.example': { to: `smtp://127.0.0.1:${port}` } })

async function brokenWhileRunning(stage: Stage): Promise<Outcome> {
  const hop = await stage.hop()
  const { port, postern } = await stage.postern({ relay: relayTo(hop.port), rules: [remembers] })
  const ledger = stage.ledger(at(hop), stage.quarantine())
  ledger.note(await send({ port }))
  for (const name of ['store.sqlite', 'store.sqlite-wal']) await overwrite(stage.path(`data/${name}`))
  const after = [await send({ port }), await send({ port })]
  ledger.note(...after)
  const { clients, where, faults } = await ledger.account()
  postern.signal('SIGTERM')
  const code = await postern.ended()
  return {
    done: 'the store is overwritten with nonsense while Postern runs',
    clients,
    where,
    faults: [
      ...faults,
      ...expecting({ 'all mail to be taken': after.every(({ taken }) => taken), 'to stop with 0': code === 0 }),
    ],
  }
}

/** Writes nonsense over what is there, in place: whoever has the file open sees it. */
async function overwrite(path: string): Promise<void> {
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(size, 'nonsense'), 0, size, 0)
  await file.close()
}

/** Root may write everything: without these rights it is as any other user. */
const asAnybody = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'] : []

/** A store that is no database makes room for a new one; with one that may not be written, nothing starts. */
async function unusable(stage: Stage): Promise<Outcome[]> {
  const hop = await stage.hop()
  const file = stage.path('other/store.sqlite')
  await mkdir(stage.path('other'))
  await stage.configure({ relay: relayTo(hop.port), rules: [remembers], data: 'other' })

  await writeFile(file, '')
  await chmod(file, 0o444)
  const refusing = stage.spawn({ under: asAnybody })
  const code = await refusing.ended()
  const isNamed = /^\S+:\d+:\d+: data: .*other\/store\.sqlite/m.test(refusing.errors)
  const faults = expecting({ 'exit code 1': code === 1, 'a line that names place and file': isNamed })
  const where = 'with the clients; Postern does not start, and names the file'
  const readOnly = { done: 'the store may not be written when Postern starts', clients: 'nobody listens', where, faults }

  await rm(file)
  await writeFile(file, 'nonsense '.repeat(1000))
  const postern = stage.spawn()
  const ledger = stage.ledger(at(hop))
  ledger.note(await send({ port: await postern.port() }))
  await postern.said('the store was broken')
  const account = await ledger.account()
  const told = `${account.where}; the log names the file, which is set aside`
  return [readOnly, { done: 'the store is no database when Postern starts', ...account, where: told }]
}
