import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { NewMail } from '../record.ts'
import type {
  Avoidance,
  Change,
  Changed,
  ClaimRequest,
  Entry,
  Filter,
  LeaseRequest,
  QueueCounts,
  RenewRequest,
  Settlement,
} from '../store.ts'
import { ContentFolder } from './content-folder.ts'
import { Intake, type NewContent } from './intake.ts'
import { Lending } from './lending.ts'
import { Looking } from './looking.ts'
import type { JobRow, LentJob } from './rows.ts'
import { openDatabase } from './schema.ts'
import { Settling } from './settling.ts'

/** Where the larger messages of a queue are. */
export function contentFolder(folder: string): string {
  return join(folder, 'content')
}

/** A settlement whose report is ready to be stored. */
export interface WrittenSettlement extends Omit<Settlement, 'report'> {
  readonly report?: { readonly mail: NewMail; readonly content: NewContent }
}

/** The SQLite file of a queue. It is asked by one thread at a time, and several processes may have it open. */
export class QueueFile {
  readonly #database: DatabaseSync
  readonly #now: () => number
  readonly #intake: Intake
  readonly #lending: Lending
  readonly #settling: Settling
  readonly #looking: Looking
  readonly #content: ContentFolder

  constructor(folder: string, now: () => number) {
    const content = contentFolder(folder)
    mkdirSync(content, { recursive: true, mode: 0o700 })
    this.#content = new ContentFolder(content)
    this.#database = openDatabase(join(folder, 'queue.sqlite'))
    this.#now = now
    this.#intake = new Intake(this.#database)
    this.#lending = new Lending(this.#database)
    this.#settling = new Settling(this.#database, this.#intake)
    this.#looking = new Looking(this.#database, this.#intake)
    const known = this.#database.prepare('SELECT 1 FROM message WHERE id = ?')
    this.#content.sweep(id => known.get(id) !== undefined)
  }

  /** Does some work as one change, that is on the disk when this returns. */
  transact<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      for (const id of this.#intake.over) this.#content.remove(id)
      return result
    } finally {
      this.#intake.over.length = 0
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    }
  }

  add(mail: NewMail, content: NewContent): void {
    this.#intake.add(mail, content, this.#now())
  }

  hasDue(): boolean {
    return this.#lending.hasDue(this.#now())
  }

  claim(request: ClaimRequest): JobRow[] {
    return this.#lending.lend(request, this.#now()).map(job => this.#whole(job))
  }

  claimOverdue(request: LeaseRequest) {
    const nowMs = this.#now()
    return (['expired', 'notice'] as const).flatMap(why =>
      this.#lending.lendOverdue(why, request, nowMs).map(job => ({ why, job: this.#whole(job) })),
    )
  }

  renew(request: RenewRequest): void {
    this.#lending.renew(request, this.#now())
  }

  settle({ report, ...settlement }: WrittenSettlement): void {
    this.#settling.settle(settlement, report !== undefined, this.#now())
    if (report) this.add(report.mail, report.content)
  }

  avoid(avoidance: Avoidance): number {
    return this.#lending.avoid(avoidance, this.#now())
  }

  embrace(domain: string): void {
    this.#lending.embrace(domain)
  }

  list(filter: Filter): Entry[] {
    return this.#looking.list(filter, this.#now())
  }

  change(change: Change): Changed {
    return this.#looking.change(change, this.#now())
  }

  counts(): QueueCounts {
    return this.#looking.counts(this.#now())
  }

  content(id: string): Pick<JobRow, 'size' | 'bytes'> | undefined {
    const row = this.#database.prepare('SELECT size, bytes FROM message WHERE id = ?').get(id)
    return row as Pick<JobRow, 'size' | 'bytes'> | undefined // the table is STRICT
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  /** A job with its message, whose row is there as long as a recipient's is. */
  #whole(job: LentJob): JobRow {
    const row = this.#database.prepare('SELECT mail, size, created, bytes FROM message WHERE id = ?').get(job.message)
    if (!row) throw new Error(`There are recipients of ${job.message}, but no message`)
    const nowMs = this.#now()
    const recipients = job.recipients.map(recipient => ({ ...recipient, due: Math.max(0, recipient.due - nowMs) }))
    return { ...job, ...(row as Pick<JobRow, 'mail' | 'size' | 'created' | 'bytes'>), recipients }
  }
}
