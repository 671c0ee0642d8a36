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
    child.kill('SIGKILL')
    const after = await send({ port })
    ledger.note(...during, after)
    await postern.said('a rule is broken')
    const { clients, where, faults } = await ledger.account()
    const slowest = Math.max(...during.map(({ slowestMs }) => slowestMs))
    const expected = expecting({
      'all mail to be taken': [...during, after].every(({ taken }) => taken),
      [`no answer to take long, found ${Math.round(slowest)} ms`]: slowest < 4000,
    })
    return [
      {
        done: 'another process locks the store while eight messages come in',
        clients,
        where: `${where}; the log names the rule and the file`,
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

/** Postern does not start with a store that it cannot use, and says which; without the file, it begins a new one. */
async function unusable(stage: Stage): Promise<Outcome[]> {
  const hop = await stage.hop()
  const file = stage.path('other/store.sqlite')
  await mkdir(stage.path('other'))
  await stage.configure({ relay: relayTo(hop.port), rules: [remembers], data: 'other' })
  const outcomes: Outcome[] = []
  for (const [what, mode, content] of [
    ['is no database', 0o600, 'nonsense '.repeat(1000)],
    ['may not be written', 0o444, ''],
  ] as const) {
    await writeFile(file, content)
    await chmod(file, mode)
    const postern = stage.spawn({ under: asAnybody })
    const code = await postern.ended()
    const faults = expecting({
      'exit code 1': code === 1,
      'a line that names place and file': /^\S+:\d+:\d+: data: .*other\/store\.sqlite/m.test(postern.errors),
    })
    outcomes.push({
      done: `the store ${what} when Postern starts`,
      clients: 'nobody listens',
      where: 'with the clients; it does not start, and says why',
      faults,
    })
    await rm(file)
  }
  const ledger = stage.ledger(at(hop))
  ledger.note(await send({ port: await stage.spawn().port() }))
  return [...outcomes, { done: 'the file is deleted, and Postern starts', ...(await ledger.account()) }]
}
