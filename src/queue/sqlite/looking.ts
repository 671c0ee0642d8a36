import type { DatabaseSync } from 'node:sqlite'
import type { Reply } from '../../mail/reply.ts'
import type { Change, Changed, Entry, EntryState, Filter, QueueCounts } from '../store.ts'
import type { Intake } from './intake.ts'

const isBusy = '(r.owner IS NOT NULL AND r.due > $now AND r.held = 0)'
const stateOf = `iif(r.held = 1, 'held', iif(${isBusy}, 'delivering', 'waiting'))`
const mostListed = 10_000

type Names = Record<string, string | number>

/** What people see of the queue, and change in it. */
export class Looking {
  readonly #database: DatabaseSync
  readonly #intake: Intake

  constructor(database: DatabaseSync, intake: Intake) {
    this.#database = database
    this.#intake = intake
  }

  list(filter: Filter, nowMs: number): Entry[] {
    const { where, names } = conditions(filter, nowMs)
    const rows = this.#database
      .prepare(
        `SELECT m.id, r.number, m.sender, r.address, r.attempts, r.reply, r.due, r.expires, m.size, m.created,
          ${stateOf} AS state, a.until, a.why
        FROM recipient r JOIN message m ON m.id = r.message LEFT JOIN avoided a ON a.domain = r.domain
        WHERE ${where} ORDER BY m.created, m.id, r.number LIMIT $most`,
      )
      .all({ ...names, $now: nowMs, $most: filter.most ?? mostListed })
    return (rows as unknown as Row[]).map(row => entry(row, nowMs)) // the tables are STRICT, and these columns are selected
  }

  change({ what, filter }: Change, nowMs: number): Changed {
    const { where, names } = conditions(filter, nowMs)
    const rows = this.#database
      .prepare(
        `SELECT r.message, r.number, r.domain, ${isBusy} AS busy
        FROM recipient r JOIN message m ON m.id = r.message WHERE ${where}`,
      )
      .all({ ...names, $now: nowMs }) as { message: string; number: number; domain: string; busy: number }[]
    const free = rows.filter(({ busy }) => !busy)
    for (const { message, number } of free) this.#change(what, message, number, nowMs)
    if (what === 'retry') this.#tryAgain(new Set(free.map(({ domain }) => domain)))
    if (what === 'delete') for (const id of new Set(free.map(({ message }) => message))) this.#intake.forgetIfOver(id)
    return { changed: free.length, busy: rows.length - free.length }
  }

  counts(nowMs: number): QueueCounts {
    const rows = this.#database
      .prepare(`SELECT ${stateOf} AS state, count(*) AS count FROM recipient r GROUP BY 1`)
      .all({ $now: nowMs }) as { state: EntryState; count: number }[]
    const all = this.#database.prepare('SELECT count(*) AS messages, min(created) AS oldest FROM message').get()
    const { messages, oldest } = all as { messages: number; oldest: number | null }
    const states = { waiting: 0, delivering: 0, held: 0, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
    return { states, messages, oldestMs: oldest === null ? 0 : Math.max(0, nowMs - oldest) }
  }

  #change(what: Change['what'], message: string, number: number, nowMs: number): void {
    const names = [message, number]
    const its = 'WHERE message = ? AND number = ?'
    if (what === 'delete') this.#database.prepare(`DELETE FROM recipient ${its}`).run(...names)
    else if (what === 'hold') this.#database.prepare(`UPDATE recipient SET held = 1, owner = NULL ${its}`).run(...names)
    else this.#database.prepare(`UPDATE recipient SET held = 0, owner = NULL, due = ? ${its}`).run(nowMs, ...names)
  }

  #tryAgain(domains: ReadonlySet<string>): void {
    const statement = this.#database.prepare('UPDATE avoided SET until = 0 WHERE domain = ?')
    for (const domain of domains) statement.run(domain)
  }
}

interface Row {
  readonly id: string
  readonly number: number
  readonly sender: string
  readonly address: string
  readonly attempts: number
  readonly reply: string | null
  readonly due: number
  readonly expires: number
  readonly size: number
  readonly created: number
  readonly state: EntryState
  readonly until: number | null
  readonly why: string | null
}

function entry(row: Row, nowMs: number): Entry {
  const { id, number, sender, address: recipient, state, attempts, size } = row
  const said = row.reply ? (JSON.parse(row.reply) as Reply) : undefined // we have written it
  const isAvoided = row.until !== null && row.until > nowMs
  const next = isAvoided ? Math.max(row.due, row.until ?? 0) : row.due
  return {
    ...{ id, number, sender, recipient, state, attempts, size, created: iso(row.created) },
    ...(state === 'waiting' && { next: iso(next) }),
    expires: iso(row.expires),
    ...(said && { reply: `${said.code} ${said.status} ${said.text}` }),
    ...(said?.detail !== undefined && { detail: said.detail }),
    ...(isAvoided && { avoided: row.why ? ((JSON.parse(row.why) as Reply).detail ?? '') : '' }),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function conditions({ ids, sender, recipient, state }: Filter, nowMs: number): { where: string; names: Names } {
  const parts = ['$now > 0']
  const names: Names = { $now: nowMs }
  if (ids) {
    names.$ids = JSON.stringify(ids)
    parts.push('r.message IN (SELECT value FROM json_each($ids))')
  }
  if (sender !== undefined) {
    names.$sender = sender
    parts.push("(m.sender = $sender OR m.sender LIKE '%@' || $sender)")
  }
  if (recipient !== undefined) {
    names.$recipient = recipient
    parts.push('(r.address = $recipient OR r.domain = lower($recipient))')
  }
  if (state) {
    names.$state = state
    parts.push(`${stateOf} = $state`)
  }
  return { where: parts.join(' AND '), names }
}
