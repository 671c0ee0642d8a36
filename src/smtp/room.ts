import type { ConnectionLimits } from './connection-limits.ts'

/** A connection that may have to go. */
interface Occupant {
  readonly ip: string
  /** How long it has said nothing, outside of a transaction; 0 when it is our turn. */
  readonly idleMs: number
  evict(): void
}

interface RoomOptions {
  readonly connections: number
  /** How many are open, in all processes, without those on their way out. */
  readonly open: () => number
  readonly admissions: ConnectionLimits
  /** Those that have been greeted, the first to come first. */
  readonly occupants: () => Iterable<Occupant>
}

/** Between two commands, a client that sends mail is quicker than this. */
const idleMs = 1000
/** A search that has found nobody is not repeated so soon. */
const restMs = 100

/** The room that there is for connections. When it is full, one that does nothing makes place for one that may. */
export class Room {
  readonly #options: RoomOptions
  #lastFailure = { at: Number.NEGATIVE_INFINITY, from: 0 }

  constructor(options: RoomOptions) {
    this.#options = options
  }

  /** Whether there is place for a client that has come, and is counted already. */
  admits(ip: string): boolean {
    const { open, connections, admissions } = this.#options
    if (open() <= connections) return true
    const from = admissions.openFrom(ip)
    const now = performance.now()
    if (now - this.#lastFailure.at < restMs && from >= this.#lastFailure.from) return false
    const idle = this.#idle(from)
    if (idle) idle.evict()
    else this.#lastFailure = { at: now, from }
    return idle !== undefined
  }

  /** Nobody has to go for a client whose address has more connections than its own: it would be a way to push others out. */
  #idle(from: number): Occupant | undefined {
    const { occupants, admissions } = this.#options
    for (const occupant of occupants()) {
      if (occupant.idleMs >= idleMs && admissions.openFrom(occupant.ip) >= from) return occupant
    }
    return undefined
  }
}
