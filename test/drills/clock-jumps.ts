import { existsSync, globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { badDns } from './stage/bad-dns.ts'
import { type Sent, send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

const [library = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')

const newPerMinute = 8

/** The clock of the wall jumps, as when it is set; the clock that runs evenly does not. */
export const clockJumps: Drill = {
  name: 'clock-jumps',
  lacks: () => (existsSync(library) ? undefined : 'needs the Debian package faketime'),
  run: async stage => {
    const clock = new Clock(stage)
    await clock.set('+0')
    const [hop, dns] = [await stage.hop(), await badDns(stage, () => ({ code: 'NXDOMAIN' }))]
    const limited = { count: 'messages', per: 'address', limit: 2, seconds: 60, action: 'defer' }
    const rules = [
      { use: 'rate-limit', options: limited, to: ['limited@our.example'] },
      { use: 'greylist', options: { from: 0 }, to: ['grey@our.example'] },
    ]
    const relay = { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } }
    const { port } = await stage.postern(
      { proxied: true, relay, rules, dns: { servers: [dns] }, limits: { newPerMinute } },
      { env: clock.env },
    )
    const scene = { stage, clock, port, place: at(hop) }
    return [await greylisted(scene), await rateLimited(scene), await busyClient(scene), await inTheMiddle(scene)]
  },
}

interface Scene {
  readonly stage: Stage
  readonly clock: Clock
  readonly port: number
  readonly place: ReturnType<typeof at>
}

class Clock {
  readonly #file: string

  constructor(stage: Stage) {
    this.#file = stage.path('clock')
  }

  /** How far it is from the true time: `+1h`. */
  set(offset: '+0' | '+1h' | '-1h'): Promise<void> {
    return writeFile(this.#file, `${offset}\n`)
  }

  get env() {
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }
}

async function greylisted({ stage, clock, port, place }: Scene): Promise<Outcome> {
  const message = { port, to: 'grey@our.example', ip: '198.51.100.7' }
  const first = await send(message)
  await clock.set('-1h')
  const early = await send({ ...message, id: first.id })
  await clock.set('+1h')
  const late = await send({ ...message, id: first.id })
  await clock.set('+0')
  const next = await send({ ...message, id: first.id.replace('mail', 'another') })
  const faults = expecting({
    'to be asked to come again': first.code === 451,
    'not to be refused': early.code === 451 || early.taken,
    'to be taken when it comes again': late.taken,
    'to be known from then on': next.taken,
  })
  return account(
    { stage, place },
    'a greylisted message comes again after an hour back, then an hour forward, then at the true time',
    [first, early, late, next],
    faults,
  )
}

async function rateLimited({ stage, clock, port, place }: Scene): Promise<Outcome> {
  const message = { port, to: 'limited@our.example', ip: '203.0.113.7' }
  const sent: Sent[] = []
  for (let count = 0; count < 4; count++) sent.push(await send(message))
  await clock.set('+1h')
  const forward = await send(message)
  await clock.set('+0')
  const back = await send({ ...message, ip: '203.0.114.8' })
  const faults = expecting({
    'the limit to hold': sent.at(-1)?.code === 451,
    'the limit to be over an hour later': forward.taken,
    'another client to be served when the clock is back': back.taken,
  })
  return account(
    { stage, place },
    'a client over its limit comes again after an hour forward; another one when the clock is set back',
    [...sent, forward, back],
    faults,
  )
}

async function busyClient({ stage, clock, port, place }: Scene): Promise<Outcome> {
  const message = { port, ip: '203.0.115.7' }
  const sent: Sent[] = []
  for (let count = 0; count <= newPerMinute; count++) sent.push(await send(message))
  await clock.set('-1h')
  const back = await send(message)
  await clock.set('+0')
  const faults = expecting({
    'the limit to hold': sent.at(-1)?.code === 421,
    'it not to hold for the hour that is gone': back.taken,
  })
  return account(
    { stage, place },
    'a client with too many connections in a minute comes again after an hour back',
    [...sent, back],
    faults,
  )
}

async function inTheMiddle({ stage, clock, port, place }: Scene): Promise<Outcome> {
  const jump = async () => {
    await clock.set('+1h')
    await send({ port, ip: '192.0.2.9' })
    await clock.set('-1h')
  }
  const sent = await send({ port, ip: '192.0.2.8', beforeDot: jump })
  await clock.set('+0')
  return account(
    { stage, place },
    'the clock jumps an hour forward, and two back, in the middle of a message',
    [sent],
    expecting({ 'to be taken': sent.taken }),
  )
}

async function account(
  { stage, place }: Pick<Scene, 'stage' | 'place'>,
  done: string,
  sent: readonly Sent[],
  faults: readonly string[],
): Promise<Outcome> {
  const ledger = stage.ledger(place, stage.quarantine())
  ledger.note(...sent)
  const found = await ledger.account()
  return { done, clients: found.clients, where: found.where, faults: [...found.faults, ...faults] }
}
