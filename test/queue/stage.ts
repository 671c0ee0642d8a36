import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Delivery, Transaction, Transport } from '../../src/engine/transport.ts'
import { type Address, formatAddress, parseAddress } from '../../src/mail/address.ts'
import type { RecipientParameters } from '../../src/mail/envelope.ts'
import { MemoryMessage, type Message } from '../../src/mail/message.ts'
import { ok, type Reply } from '../../src/mail/reply.ts'
import { newQueueCounters } from '../../src/queue/counters.ts'
import type { DeliveryNeeds } from '../../src/queue/delivery.ts'
import { DeliveryWorker } from '../../src/queue/delivery-worker.ts'
import type { NewMail } from '../../src/queue/record.ts'
import { defaultSchedule, type QueueSettings } from '../../src/queue/settings.ts'
import { openSqliteQueue } from '../../src/queue/sqlite/sqlite-queue.ts'
import type { QueueStore } from '../../src/queue/store.ts'
import type { FindWay, Stranded } from '../../src/queue/way.ts'
import { Windows } from '../../src/queue/windows.ts'

export const minute = 60_000
export const hour = 60 * minute

export const settings: QueueSettings = {
  scheduleMs: defaultSchedule.remote,
  ownScheduleMs: defaultSchedule.own,
  lifetimeMs: 96 * hour,
  reportLifetimeMs: 24 * hour,
  noticeMs: 4 * hour,
  connections: 50,
  providers: {},
}

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`expected an address, found ${text}`)
  return parsed
}

export const letter: Message = new MemoryMessage(
  Buffer.from('From: ann@our.example\r\nSubject: Lunch\r\nMessage-ID: <1@our.example>\r\n\r\nAt noon?\r\n'),
)

let number = 0

/** A message of one of our own users, unless told otherwise. */
export function mail(...recipients: readonly (string | readonly [string, RecipientParameters])[]): NewMail {
  const id = `MAIL${++number}.1`
  return {
    id,
    sender: address('ann@our.example'),
    parameters: {},
    isOwn: true,
    session: { id, listener: 'submission', client: { ip: '192.0.2.1', port: 1 }, user: 'ann', violations: [] },
    recipients: recipients.map(each => {
      const [text, parameters] = typeof each === 'string' ? [each, {}] : each
      return { address: address(text), parameters }
    }),
    lifetimeMs: settings.lifetimeMs,
    noticeMs: settings.noticeMs,
  }
}

/** What another server says to a recipient, or to the message for it. */
export type Answers = (recipient: string, when: 'asked' | 'sent') => Reply | undefined | Promise<Reply | undefined>

/** What has arrived somewhere. */
export interface Arrived {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly content: string
}

/** Another server, as it is told to behave. */
export class Elsewhere implements Transport {
  readonly name: string
  readonly arrived: Arrived[] = []
  asked = 0
  readonly #answers: Answers

  constructor(name: string, answers: Answers = () => undefined) {
    this.name = name
    this.#answers = answers
  }

  begin({ sender }: Transaction): Delivery {
    return {
      ask: async recipient => {
        this.asked++
        return (await this.#answers(formatAddress(recipient), 'asked')) ?? ok
      },
      send: async (recipients, message) => {
        const replies = new Map<Address, Reply>()
        for (const each of recipients) replies.set(each, (await this.#answers(formatAddress(each), 'sent')) ?? ok)
        const taken = recipients.filter(each => (replies.get(each)?.code ?? 500) < 400)
        const content = Buffer.concat(await Array.fromAsync(message.chunks())).toString('latin1')
        if (taken.length > 0) this.arrived.push({ sender: formatAddress(sender), recipients: taken.map(formatAddress), content })
        return replies
      },
      end: () => {},
    }
  }
}

/** A queue in a folder of its own, with a clock that only we move. */
export interface Stage {
  readonly folder: string
  readonly store: QueueStore
  readonly worker: DeliveryWorker
  readonly counters: ReturnType<typeof newQueueCounters>
  readonly kept: Stranded[]
  readonly needs: Omit<DeliveryNeeds, 'owner'>
  nowMs: number
  /** Lets time pass, and everything happen that is due then. */
  pass(ms: number): Promise<void>
}

export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-queue-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

export async function stage(t: TestContext, findWay: FindWay, more: Partial<DeliveryNeeds> = {}): Promise<Stage> {
  const folder = folderFor(t)
  const kept: Stranded[] = []
  const counters = newQueueCounters()
  const clock = { nowMs: Date.UTC(2026, 0, 1) }
  const store = await openSqliteQueue(folder, () => clock.nowMs)
  t.after(() => store.close())
  const needs = {
    ...{ store, settings, counters, findWay, hostname: 'mx.our.example', random: () => 0.5 },
    now: () => new Date(clock.nowMs),
    windows: new Windows({ connections: settings.connections, providers: {}, processes: 1 }),
    sign: (message: Message) => message,
    keep: async (stranded: Stranded) => void kept.push(stranded),
    report: () => {},
    ...more,
  }
  const worker = new DeliveryWorker(needs)
  const settle = async () => {
    await worker.overdue()
    worker.wake()
    await worker.idle()
  }
  return Object.assign(
    clock,
    { folder, store, worker, counters, kept, needs },
    {
      pass: async (ms: number) => {
        clock.nowMs += ms
        await settle()
      },
    },
  )
}

/** A way to one place for everything. */
export function always(transport: Transport): FindWay {
  return domain => ({ transport, provider: domain })
}

export function temporary(said: string): Reply {
  const [, code = '', status = '4.0.0', text = ''] = /^(\d{3}) (?:(\d\.\d+\.\d+) )?(.*)$/.exec(said) ?? []
  return { code: Number(code) === 421 ? 451 : Number(code), status, text, detail: `smtp://mx.there.example:25: ${said}` }
}

/** Nothing was there to answer. */
export const unreachable: Reply = {
  code: 451,
  status: '4.4.1',
  text: 'The server cannot be reached',
  detail: 'smtp://mx.there.example:25: connect ECONNREFUSED',
}
