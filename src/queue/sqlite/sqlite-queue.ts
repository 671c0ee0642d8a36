import { MemoryMessage, type Message } from '../../mail/message.ts'
import type { Job, NewMail, QueuedMail } from '../record.ts'
import { step } from '../step.ts'
import {
  type Avoidance,
  type Change,
  type Changed,
  type ClaimRequest,
  type Entry,
  type Filter,
  type LeaseRequest,
  NoRoom,
  type Overdue,
  type QueueCounts,
  type QueueStore,
  type RenewRequest,
  type Settlement,
} from '../store.ts'
import { Asking } from './asking.ts'
import { ContentFolder } from './content-folder.ts'
import type { NewContent } from './intake.ts'
import { contentFolder } from './queue-file.ts'
import type { JobRow, RecipientRow } from './rows.ts'
import { parseStored } from './stored-address.ts'

/**
 * Messages up to this go into the database, where many share one wait for the disk. Larger ones have files: there their
 * bytes are written once, and in the database twice. `npm run bench:queue` shows where the two meet.
 */
const inDatabaseBytes = 64 * 1024

/** Opens the queue in a folder, which is made if there is none. `now` is for those who make time themselves. */
export async function openSqliteQueue(folder: string, now?: () => number): Promise<QueueStore> {
  const asking = new Asking(folder, now)
  await asking.open()
  return new SqliteQueue(asking, new ContentFolder(contentFolder(folder)))
}

// What the thread answers has the types of `QueueFile`: the casts below name them.
class SqliteQueue implements QueueStore {
  readonly #asking: Asking
  readonly #folder: ContentFolder

  constructor(asking: Asking, folder: ContentFolder) {
    this.#asking = asking
    this.#folder = folder
  }

  async add(mail: NewMail, message: Message): Promise<void> {
    const content = await this.#contentOf(mail.id, message)
    try {
      await this.#asking.ask({ what: 'add', with: [mail, content] })
    } catch (error) {
      // It takes room that is needed. After any other error the row may be there.
      if (error instanceof NoRoom && !content.bytes) this.#folder.remove(mail.id)
      throw error
    }
  }

  async claim(request: ClaimRequest): Promise<readonly Job[]> {
    const rows = (await this.#asking.ask({ what: 'claim', with: [request] })) as JobRow[]
    return Promise.all(rows.map(row => this.#job(row)))
  }

  async claimOverdue(request: LeaseRequest): Promise<readonly Overdue[]> {
    const rows = (await this.#asking.ask({ what: 'claimOverdue', with: [request] })) as { why: Overdue['why']; job: JobRow }[]
    return Promise.all(rows.map(async ({ why, job }) => ({ why, job: await this.#job(job) })))
  }

  async renew(request: RenewRequest): Promise<void> {
    await this.#asking.ask({ what: 'renew', with: [request] })
  }

  async settle({ report, ...settlement }: Settlement): Promise<void> {
    if (!report) return void (await this.#asking.ask({ what: 'settle', with: [settlement] }))
    const content = await this.#contentOf(report.mail.id, report.message)
    await this.#asking.ask({ what: 'settle', with: [{ ...settlement, report: { mail: report.mail, content } }] })
  }

  async avoid(avoidance: Avoidance): Promise<number> {
    return (await this.#asking.ask({ what: 'avoid', with: [avoidance] })) as number
  }

  async embrace(domain: string): Promise<void> {
    await this.#asking.ask({ what: 'embrace', with: [domain] })
  }

  async list(filter: Filter): Promise<readonly Entry[]> {
    return (await this.#asking.ask({ what: 'list', with: [filter] })) as Entry[]
  }

  async change(change: Change): Promise<Changed> {
    return (await this.#asking.ask({ what: 'change', with: [change] })) as Changed
  }

  async content(id: string): Promise<Message | undefined> {
    const row = (await this.#asking.ask({ what: 'content', with: [id] })) as Pick<JobRow, 'size' | 'bytes'> | undefined
    return row && this.#message(id, row)
  }

  async counts(): Promise<QueueCounts> {
    return (await this.#asking.ask({ what: 'counts', with: [] })) as QueueCounts
  }

  async close(): Promise<void> {
    await this.#asking.close()
  }

  async #contentOf(id: string, message: Message): Promise<NewContent> {
    const { size } = message
    if (size <= inDatabaseBytes) return { size, bytes: Buffer.concat(await Array.fromAsync(message.chunks())) }
    await this.#folder.write(id, message)
    step('add: content written')
    return { size }
  }

  async #job(row: JobRow): Promise<Job> {
    const { created, size, domain, isProbe } = row
    const mail = JSON.parse(row.mail) as QueuedMail // written by us
    const message = await this.#message(row.message, row)
    return { mail, created, size, domain, isProbe, recipients: row.recipients.map(recipientOf), message }
  }

  async #message(id: string, { size, bytes }: Pick<JobRow, 'size' | 'bytes'>): Promise<Message> {
    if (!bytes) return this.#folder.read(id, size)
    return new MemoryMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
}

function recipientOf({ number, address, parameters, attempts, reply, due }: RecipientRow): Job['recipients'][number] {
  return {
    number,
    address: parseStored(address),
    parameters: JSON.parse(parameters),
    attempts,
    restMs: due,
    ...(reply !== null && { reply: JSON.parse(reply) }),
  }
}
