import type { Changes } from '../../smtp/connection-limits.ts'

interface Page {
  readonly open: Map<string, number>
  total: number
  readonly tell: (changes: Changes) => void
}

/**
 * Which connections each worker has open, as it has told: what one tells, all others hear. When a worker is gone, so are its
 * connections. The primary keeps this book, and asks and decides nothing by it.
 */
export class ConnectionBook {
  readonly #pages = new Map<object, Page>()

  /** A new worker, which hears first what all others have open. */
  enter(worker: object, tell: (changes: Changes) => void): void {
    for (const { open, total } of this.#pages.values()) tell({ open: [...open], arrived: [], total })
    this.#pages.set(worker, { open: new Map(), total: 0, tell })
  }

  note(worker: object, changes: Changes): void {
    const page = this.#pages.get(worker)
    if (!page) return
    page.total += changes.total
    for (const [key, by] of changes.open) {
      const sum = (page.open.get(key) ?? 0) + by
      if (sum === 0) page.open.delete(key)
      else page.open.set(key, sum)
    }
    this.#tellOthers(worker, changes)
  }

  leave(worker: object): void {
    const page = this.#pages.get(worker)
    if (!page) return
    this.#pages.delete(worker)
    this.#tellOthers(worker, { open: [...page.open].map(([key, sum]) => [key, -sum] as const), arrived: [], total: -page.total })
  }

  #tellOthers(worker: object, changes: Changes): void {
    for (const [other, { tell }] of this.#pages) if (other !== worker) tell(changes)
  }
}
