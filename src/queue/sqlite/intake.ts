import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { formatAddress } from '../../mail/address.ts'
import type { NewMail } from '../record.ts'

/** A message's size, and its bytes unless they are in a file of their own. */
export interface NewContent {
  readonly size: number
  readonly bytes?: Uint8Array
}

/** Puts messages into the file, and takes them out. */
export class Intake {
  /** Messages that are gone from here since the last commit, and whose files can be removed behind it. */
  readonly over: string[] = []
  readonly #message: StatementSync
  readonly #recipient: StatementSync
  readonly #forget: StatementSync

  constructor(database: DatabaseSync) {
    this.#message = database.prepare('INSERT INTO message (id, sender, mail, size, created, bytes) VALUES (?, ?, ?, ?, ?, ?)')
    this.#recipient = database.prepare(`INSERT INTO recipient (message, number, address, domain, parameters, due, expires, notice)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#forget = database.prepare(`DELETE FROM message WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM recipient WHERE recipient.message = ?1) RETURNING bytes IS NULL AS isFile`)
  }

  add(mail: NewMail, { size, bytes }: NewContent, nowMs: number): void {
    const { recipients, lifetimeMs, noticeMs, ...about } = mail
    this.#message.run(mail.id, formatAddress(mail.sender), JSON.stringify(about), size, nowMs, bytes ?? null)
    const notice = noticeMs === undefined ? null : nowMs + noticeMs
    for (const [number, { address, parameters }] of recipients.entries()) {
      const wants = parameters.notify ?? ['DELAY']
      this.#recipient.run(
        mail.id,
        number,
        formatAddress(address),
        address.domain,
        JSON.stringify(parameters),
        nowMs,
        nowMs + lifetimeMs,
        wants.includes('DELAY') ? notice : null,
      )
    }
  }

  /** Removes a message when none of its recipients waits any more. */
  forgetIfOver(id: string): void {
    if (this.#forget.get(id)?.isFile) this.over.push(id)
  }
}
