import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Avoidance, ClaimRequest, LeaseRequest, RenewRequest } from '../store.ts'
import type { LentJob, RecipientRow } from './rows.ts'

const free = '(owner IS NULL OR due <= $now)'

const sql = {
  // From one domain to the next by the index, however much there is for each.
  next: 'SELECT min(domain) AS domain FROM recipient WHERE held = 0 AND domain > ?',
  first: 'SELECT min(domain) AS domain FROM recipient WHERE held = 0',
  due: 'SELECT message FROM recipient WHERE held = 0 AND domain = ? AND due <= ? ORDER BY due LIMIT ?',
  avoided: 'SELECT until, failures, why, probed FROM avoided WHERE domain = ?',
  avoid: 'INSERT OR REPLACE INTO avoided (domain, until, failures, why) VALUES (?, ?, ?, ?)',
  probe: 'UPDATE avoided SET until = ?, probed = 1 WHERE domain = ?',
  embrace: 'DELETE FROM avoided WHERE domain = ?',
  lend: `UPDATE recipient SET owner = $owner, due = $until
    WHERE message = $message AND domain = $domain AND held = 0 AND due <= $now`,
  overdue: (column: string) => `SELECT DISTINCT message, domain FROM recipient
    WHERE held = 0 AND ${column} <= $now AND ${free} ORDER BY ${column} LIMIT $most`,
  lendOverdue: (column: string) => `UPDATE recipient SET owner = $owner, due = $until
    WHERE message = $message AND domain = $domain AND held = 0 AND ${column} <= $now AND ${free}`,
  lent: (where: string) => `SELECT number, address, parameters, attempts, reply, due FROM recipient
    WHERE message = $message AND domain = $domain AND held = 0 AND ${where}`,
  renew: 'UPDATE recipient SET due = ? WHERE owner = ? AND due > ?',
} as const

/** Why something is taken up that is not due. */
type Cause = 'expired' | 'notice'
const columnOf: Readonly<Record<Cause, string>> = { expired: 'expires', notice: 'notice' }

interface Avoided {
  readonly until: number
  readonly failures: number
  readonly why: string
  /** One job is under way to see how it is now. */
  readonly probed: number
}

/** Lends recipients to processes, each for a while and to nobody else. */
export class Lending {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** The domain that was served last: the others come first. */
  #last = ''

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Whether there may be something to lend: so that nothing is locked only to find nothing. */
  hasDue(nowMs: number): boolean {
    for (const domain of this.#domains()) if (this.#due(domain, nowMs, 1).length > 0) return true
    return false
  }

  lend({ owner, leaseMs, most, mostPerDomain, rooms = {} }: ClaimRequest, nowMs: number): LentJob[] {
    const jobs: LentJob[] = []
    for (const domain of this.#domains()) {
      if (jobs.length >= most) break
      const wanted = Math.min(rooms[domain] ?? mostPerDomain, most - jobs.length)
      const { room, isProbe } = this.#room(domain, wanted, leaseMs, nowMs)
      if (room === 0) continue
      for (const message of this.#due(domain, nowMs, room))
        jobs.push({ ...this.#lend({ message, domain }, owner, leaseMs, nowMs), isProbe })
      this.#last = domain
    }
    return jobs.filter(({ recipients }) => recipients.length > 0)
  }

  lendOverdue(why: Cause, { owner, leaseMs, most }: LeaseRequest, nowMs: number): LentJob[] {
    const column = columnOf[why]
    const rows = this.#prepared(sql.overdue(column)).all({ $now: nowMs, $most: most }) as { message: string; domain: string }[]
    return rows.map(({ message, domain }) => {
      const names = { $message: message, $domain: domain }
      const recipients = this.#lent(`${column} <= $now AND ${free}`, { ...names, $now: nowMs })
      this.#prepared(sql.lendOverdue(column)).run({ ...names, $owner: owner, $until: nowMs + leaseMs, $now: nowMs })
      const why = this.#avoided(domain)?.why
      // What was never tried itself waited because nobody there could be reached.
      return { message, domain, recipients: recipients.map(row => ({ ...row, reply: row.reply ?? why ?? null })), isProbe: false }
    })
  }

  renew({ owner, leaseMs }: RenewRequest, nowMs: number): void {
    this.#prepared(sql.renew).run(nowMs + leaseMs, owner, nowMs)
  }

  avoid({ domain, restsMs, why }: Avoidance, nowMs: number): number {
    const known = this.#avoided(domain)
    // Several were under way when it turned out to be down: that is one failure.
    if (known && !known.probed && known.until > nowMs) return known.until - nowMs
    const failures = known?.failures ?? 0
    const ms = Math.round(restsMs[Math.min(failures, restsMs.length - 1)] ?? 0)
    this.#prepared(sql.avoid).run(domain, nowMs + ms, failures + 1, JSON.stringify(why))
    return ms
  }

  embrace(domain: string): void {
    this.#prepared(sql.embrace).run(domain)
  }

  /** How many jobs of a domain may be lent. One that could not be reached is tried with one, and the others see how that goes. */
  #room(domain: string, most: number, leaseMs: number, nowMs: number): { room: number; isProbe: boolean } {
    const avoided = most > 0 ? this.#avoided(domain) : undefined
    if (!avoided) return { room: Math.max(0, most), isProbe: false }
    if (avoided.until > nowMs || this.#due(domain, nowMs, 1).length === 0) return { room: 0, isProbe: false }
    this.#prepared(sql.probe).run(nowMs + leaseMs, domain)
    return { room: 1, isProbe: true }
  }

  #lend(names: { message: string; domain: string }, owner: string, leaseMs: number, nowMs: number) {
    const { message: $message, domain: $domain } = names
    const recipients = this.#lent('due <= $now', { $message, $domain, $now: nowMs })
    this.#prepared(sql.lend).run({ $message, $domain, $owner: owner, $until: nowMs + leaseMs, $now: nowMs })
    return { ...names, recipients }
  }

  #lent(where: string, names: Record<string, string | number>): RecipientRow[] {
    return this.#prepared(sql.lent(where)).all(names) as unknown as RecipientRow[] // the table is STRICT
  }

  /** Messages for a domain, those that wait longest first. */
  #due(domain: string, nowMs: number, most: number): string[] {
    // Several recipients of one message are one job.
    const rows = this.#prepared(sql.due).all(domain, nowMs, most * 4) as { message: string }[]
    return [...new Set(rows.map(({ message }) => message))].slice(0, most)
  }

  #avoided(domain: string) {
    return this.#prepared(sql.avoided).get(domain) as Avoided | undefined
  }

  /** All domains that there is mail for, in turn. */
  *#domains(): Generator<string> {
    const start = this.#last
    let hasWrapped = false
    for (let at: string | null = start; ; ) {
      const next: unknown = at === null ? this.#prepared(sql.first).get() : this.#prepared(sql.next).get(at)
      at = (next as { domain: string | null } | undefined)?.domain ?? null
      if (at === null && hasWrapped) return
      if (at === null) hasWrapped = true
      else if (hasWrapped && at > start) return
      else yield at
    }
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#database.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }
}
