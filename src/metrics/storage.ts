import { readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { across, counter, gauge } from './family.ts'
import type { Page } from './page.ts'

export const storage = {
  operations: counter('postern_store_operations_total', 'What the store was asked.', 'operation'),
  errors: counter('postern_store_errors_total', 'What the store could not do.'),
  journaled: counter('postern_journal_transactions_total', 'Transactions for the journal, by what became of them.', 'outcome'),
  journalErrors: counter('postern_journal_errors_total', 'How often the journal could not be written.'),
  held: across('max', gauge('postern_quarantine_messages', 'Messages in quarantine, counted once a minute.')),
  free: across('min', gauge('postern_data_free_bytes', 'Room that is left where the store and the quarantine are.')),
} as const

/** What the store has done. */
export interface StoreCounts {
  readonly reads: number
  readonly writes: number
  readonly errors: number
}

export function writeStore(page: Page, { reads, writes, errors }: StoreCounts): void {
  page.set(storage.operations, reads, 'read')
  page.set(storage.operations, writes, 'write')
  page.set(storage.errors, errors)
}

/** What has become of the lines of the journal. */
export interface JournalCounts {
  readonly written: number
  readonly lost: number
  readonly errors: number
}

export function writeJournal(page: Page, counts: JournalCounts | undefined): void {
  if (!counts) return
  page.set(storage.journaled, counts.written, 'written')
  page.set(storage.journaled, counts.lost, 'lost')
  page.set(storage.journalErrors, counts.errors)
}

/** A quarantine may have many thousands of entries: they are counted so often and not more. */
const againMs = 60_000

/** The folder in which everything is kept. */
export class DataFolder {
  readonly #data: string
  readonly #quarantine: string
  #held: Promise<number> | undefined
  #countedAt = 0

  constructor({ data, quarantine }: { readonly data: string; readonly quarantine: string }) {
    this.#data = data
    this.#quarantine = quarantine
  }

  async writeTo(page: Page): Promise<void> {
    const now = performance.now()
    if (!this.#held || now - this.#countedAt > againMs) {
      this.#held = countEntries(this.#quarantine)
      this.#countedAt = now
    }
    page.set(storage.held, await this.#held)
    const room = await statfs(this.#data).catch(() => undefined)
    if (room) page.set(storage.free, room.bavail * room.bsize)
  }
}

/** Entries have folders of their own in that of their day; what begins with a dot is not complete. */
async function countEntries(folder: string): Promise<number> {
  const namesIn = (path: string) => readdir(path).catch((): string[] => []) // none has been made yet, or it is gone already
  let count = 0
  for (const day of await namesIn(folder)) {
    const entries = await namesIn(join(folder, day))
    count += entries.filter(name => !name.startsWith('.')).length
  }
  return count
}
