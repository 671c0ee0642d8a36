import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../engine/store.ts'
import type { Trace } from '../engine/trace.ts'
import type { Quarantine, Transport } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { isAccepted, isTemporary, type Reply } from '../mail/reply.ts'
import { mayRelay } from '../mail/session.ts'
import { newQueueCounters, type QueueCounters } from '../queue/counters.ts'
import type { DeliveryEvent } from '../queue/delivery.ts'
import { DeliveryWorker } from '../queue/delivery-worker.ts'
import { KnownRecipients } from '../queue/known-recipients.ts'
import { QueueTransport, type QueueTransportNeeds } from '../queue/queue-transport.ts'
import { openSqliteQueue } from '../queue/sqlite/sqlite-queue.ts'
import { StandIn } from '../queue/stand-in.ts'
import type { QueueStore } from '../queue/store.ts'
import type { FindWay, Stranded, Way } from '../queue/way.ts'
import { Windows } from '../queue/windows.ts'
import type { OpenTransport } from '../relay/open-transport.ts'
import { QuarantineFolder } from '../relay/quarantine-folder.ts'
import type { Log } from '../report/log.ts'
import type { Sign } from '../signing/signing-transport.ts'
import { makeFolder, quarantineFolder } from './data-folder.ts'
import { fileTrouble } from './file-trouble.ts'
import type { Away } from './for-ours.ts'
import { problemAt } from './issues.ts'
import type { Configuration } from './load.ts'
import type { Checked } from './problem.ts'
import { queueSettings } from './queue.ts'
import type { Routes } from './routes.ts'
import { workerCount } from './workers.ts'

/** The folder of what waits to be delivered. */
export function queueFolder(data: string): string {
  return join(data, 'queue')
}

interface Context {
  readonly log: Log
  readonly store: Store
}

/** Opens the queue of the data folder, if the configuration wants one, or something may still wait in it. Nothing is delivered before it is told by which routes. */
export async function openQueueIfNeeded(configuration: Configuration, context: Context): Promise<Checked<Queue | undefined>> {
  const { data, document, relay, listen, relayFrom } = configuration
  const hasOurs = relayFrom.length > 0 || listen.some(({ as }) => as === 'submission')
  const isWanted = hasOurs || Object.values(relay).some(({ whenDown }) => whenDown === 'queue')
  if (!isWanted && !existsSync(queueFolder(data))) return { value: undefined }
  try {
    makeFolder(data)
    return { value: new Queue(configuration, await openSqliteQueue(queueFolder(data)), context) }
  } catch (error) {
    return {
      problems: [
        problemAt(document, ['data'], 'a folder with a queue that can be opened', fileTrouble(queueFolder(data), error)),
      ],
    }
  }
}

/** By which mail goes, and how what we say ourselves is signed. */
interface Paths {
  readonly routes: Routes
  readonly away: Away
  readonly sign?: Sign | undefined
}

/** The queue at work: it outlives the gateways that reloads build. */
export class Queue {
  readonly store: QueueStore
  readonly counters: QueueCounters = newQueueCounters()
  /** Takes mail for anybody, to be delivered by the way that `follow` was told. */
  readonly transport: QueueTransport
  readonly #worker: DeliveryWorker
  readonly #memory: Store
  readonly #needs: QueueTransportNeeds
  #findWay: FindWay | undefined
  #sign: Sign | undefined

  constructor(configuration: Configuration, store: QueueStore, { log, store: memory }: Context) {
    const settings = queueSettings(configuration.queue)
    const { hostname, data } = configuration
    const quarantine = new QuarantineFolder(quarantineFolder(data))
    const { connections, providers } = settings
    this.store = store
    this.#memory = memory
    this.#worker = new DeliveryWorker({
      ...{ store, settings, hostname, counters: this.counters, now: () => new Date(), random: Math.random },
      windows: new Windows({ connections, providers, processes: workerCount(configuration) }),
      sign: message => this.#sign?.(message) ?? message,
      findWay: (domain, mail) => this.#findWay?.(domain, mail) ?? noWay,
      keep: stranded => keep(quarantine, stranded),
      report: event => tell(log, event),
    })
    const isOwn: QueueTransportNeeds['isOwn'] = ({ session }) => mayRelay(session)
    this.#needs = { store, settings, isOwn, wake: () => this.#worker.wake() }
    this.transport = new QueueTransport(this.#needs)
  }

  /** From now on mail goes by these routes. The first time, it begins to go. */
  follow({ routes, away, sign }: Paths): void {
    const isFirst = !this.#findWay
    this.#sign = sign
    this.#findWay = (domain, mail) => wayBy(routes, domain) ?? wayAway(away, domain, mail.sender)
    if (isFirst) this.#worker.start()
  }

  /** A next hop for which the queue stands in while it is down. */
  behind(hop: OpenTransport): OpenTransport {
    const known = new KnownRecipients(this.#memory, hop.name, Date.now)
    const isUp = (domain: string) => void this.#retry(domain)
    return new StandIn(hop, { ...this.#needs, known, isUp })
  }

  /** Lets what is under way come to its end, as far as the time allows. */
  async stop(timeoutMs: number): Promise<void> {
    await this.#worker.stop(timeoutMs)
    await this.store.close()
  }

  async #retry(domain: string): Promise<void> {
    try {
      await this.store.change({ what: 'retry', filter: { recipient: domain, state: 'waiting' } })
      this.#worker.wake(domain)
    } catch {
      this.counters.errors++ // it is tried again when its time has come
    }
  }
}

const noWay: Reply = { code: 451, status: '4.3.5', text: 'We do not know any more where this mail is to go' }

/** To the next hop itself: what waits for it must not be queued again. */
function wayBy({ route }: Routes, domain: string): Way | undefined {
  const transport = route({ local: 'postmaster', domain })?.transport
  if (!transport) return undefined
  const hop: Transport = transport instanceof StandIn ? transport.hop : transport
  return { transport: hop, provider: hop.name, isOwn: true, isFinal: /^(?:lmtp|maildir):/.test(hop.name) }
}

/** To the servers of strangers, or those that stand in for them. */
async function wayAway(away: Away, domain: string, sender: Address | null): Promise<Way | Reply> {
  const found = await away.route({ recipient: { local: 'postmaster', domain }, sender })
  return 'code' in found ? found : { ...found, isOwn: false, isFinal: false }
}

/** Into quarantine, with a trace that tells how it came there. */
async function keep(quarantine: Quarantine, { mail, created, recipients, replies, message }: Stranded): Promise<void> {
  const { id, session, sender, parameters } = mail
  const trace: Trace = {
    ...{ id, session, parameters, started: new Date(created).toISOString(), ms: Date.now() - created },
    sender: sender && formatAddress(sender),
    recipients: recipients.map(({ address }, index) => ({
      address: formatAddress(address),
      outcome: 'quarantined',
      score: 0,
      reply: textOf(replies[index]),
      where: 'quarantine',
      ...(replies[index]?.detail !== undefined && { detail: replies[index].detail }),
    })),
    facts: [],
    entries: [],
    ending: 'answered',
  }
  await quarantine.hold({ sender, recipients: recipients.map(({ address }) => address) }, message, trace)
}

function textOf(reply: Reply | undefined): string {
  return reply ? `${reply.code} ${reply.status} ${reply.text}` : ''
}

/** One line for each job, as the trace was one for the transaction. */
function tell(log: Log, { id, where, recipients, error }: DeliveryEvent): void {
  const fields = {
    id,
    ...(where && { where }),
    recipients: recipients.map(({ address, state, reply }) => ({
      address: formatAddress(address),
      state,
      reply: textOf(reply),
      ...(reply.detail !== undefined && { detail: reply.detail }),
    })),
  }
  if (error !== undefined) log.error({ ...fields, error: String(error) }, 'a delivery could not be written down')
  else if (recipients.every(({ reply }) => isAccepted(reply) || isTemporary(reply))) log.info(fields, 'delivery')
  else log.warn(fields, 'delivery')
}
