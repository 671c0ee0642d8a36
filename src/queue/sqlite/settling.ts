import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Result } from '../record.ts'
import { LeaseLost, type Settlement } from '../store.ts'
import type { Intake } from './intake.ts'

/** Writes down what has become of what was lent. */
export class Settling {
  readonly #intake: Intake
  readonly #delivered: StatementSync
  readonly #givenUp: StatementSync
  readonly #rest: StatementSync

  constructor(database: DatabaseSync, intake: Intake) {
    this.#intake = intake
    this.#delivered = database.prepare('DELETE FROM recipient WHERE message = ? AND number = ?')
    this.#givenUp = database.prepare('DELETE FROM recipient WHERE message = ? AND number = ? AND owner = ?')
    this.#rest = database.prepare(`UPDATE recipient SET owner = NULL, due = $due, attempts = attempts + $tried,
      reply = coalesce($reply, reply), notice = iif($told, NULL, notice)
      WHERE message = $message AND number = $number AND owner = $owner`)
  }

  settle({ owner, id, results }: Omit<Settlement, 'report'>, hasReport: boolean, nowMs: number): void {
    for (const result of results) {
      const isOurs = this.#settle(id, owner, result, nowMs)
      // Whoever has it now will speak of it: two reports, or one of what is then delivered, would be wrong.
      if (!isOurs && (hasReport || result.state === 'given up')) throw new LeaseLost(`The lease of ${id} is over`)
    }
    this.#intake.forgetIfOver(id)
  }

  /** Whether it was still lent to this owner. */
  #settle(id: string, owner: string, { number, state, delayMs = 0, reply }: Result, nowMs: number): boolean {
    // Delivered is delivered, whoever it is lent to meanwhile.
    if (state === 'delivered') return this.#delivered.run(id, number).changes >= 0
    if (state === 'given up') return this.#givenUp.run(id, number, owner).changes === 1
    const { changes } = this.#rest.run({
      $due: nowMs + Math.max(0, Math.round(delayMs)),
      $tried: state === 'later' ? 1 : 0,
      $reply: reply ? JSON.stringify(reply) : null,
      $told: state === 'told' ? 1 : 0,
      $message: id,
      $number: number,
      $owner: owner,
    })
    return changes === 1
  }
}
