import { partOf, type Store } from '../engine/store.ts'
import { type Address, formatAddress } from '../mail/address.ts'

const day = 86_400
const seconds = {
  /** So long a recipient counts as known that the next hop has not been asked about since. */
  known: 7 * day,
  /** After so long it is written down again. */
  again: day / 2,
  unknown: 2 * 3600,
} as const
/** For so many, it is remembered that nothing need be written. */
const mostNoted = 20_000

/** The recipients that a next hop has said yes to of late: what it would say again, if it could be asked. */
export class KnownRecipients {
  readonly #store: Store
  readonly #now: () => number
  /** When each was last written down, in milliseconds. */
  readonly #noted = new Map<string, number>()

  constructor(store: Store, hop: string, now: () => number) {
    this.#store = partOf(partOf(store, 'recipients'), hop)
    this.#now = now
  }

  async has(recipient: Address): Promise<boolean> {
    try {
      return (await this.#store.get<boolean>(keyOf(recipient))) === true
    } catch {
      return false // the store tells of its troubles itself
    }
  }

  accepted(recipient: Address): void {
    const key = keyOf(recipient)
    const nowMs = this.#now()
    const notedMs = this.#noted.get(key)
    if (notedMs !== undefined && nowMs - notedMs < seconds.again * 1000) return
    if (this.#noted.size >= mostNoted) this.#noted.clear()
    this.#noted.set(key, nowMs)
    void this.#store.set(key, true, seconds.known).catch(() => this.#noted.delete(key))
  }

  /** What was never known need not be forgotten: nobody shall fill the store with guesses. */
  async refused(recipient: Address): Promise<void> {
    if (!(await this.has(recipient))) return
    this.#noted.delete(keyOf(recipient))
    await this.#store.set(keyOf(recipient), false, seconds.unknown).catch(() => {})
  }
}

function keyOf(recipient: Address): string {
  return formatAddress(recipient)
}
