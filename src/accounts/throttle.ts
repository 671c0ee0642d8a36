import { createHash } from 'node:crypto'
import type { Store } from '../engine/store.ts'
import { neighbourhood } from '../mail/network.ts'

export interface ThrottleLimits {
  /** Wrong passwords in an hour from one /24 or /64. */
  readonly perNetwork: number
  /** Wrong passwords in a day for one account, from networks that it has not been used from lately. */
  readonly perAccount: number
}

const hour = 3600
const day = 24 * hour
/** So long an account is known to be used from a network. */
const knownSeconds = 30 * day
/** From the fourth wrong password on the next one is looked at later and later. */
const free = 3
const delay = { firstMs: 1000, mostMs: 10_000 } as const

/** One try, from when it is heard until its outcome is known. */
export interface Trial {
  /** Too many have failed: it must not be looked at. */
  readonly isBlocked: boolean
  /** How long it must wait to be looked at. */
  readonly delayMs: number
  /** It was right: it does not count, and this account is welcome from this network. */
  succeeded(): Promise<void>
  /** It was not looked at, by no fault of the client's. */
  undone(): Promise<void>
}

/**
 * Counts wrong passwords by network and by account, for all workers together. A try counts as wrong until it has turned
 * out to be right, so that many at once do not slip through. An account that is used from a network is never closed to it:
 * who tries passwords elsewhere must not be able to lock its owner out.
 */
export class Throttle {
  readonly #store: Store
  readonly #limits: ThrottleLimits

  constructor(store: Store, limits: ThrottleLimits) {
    this.#store = store
    this.#limits = limits
  }

  async begin(ip: string, name: string): Promise<Trial> {
    const network = neighbourhood(ip)
    const account = createHash('sha256').update(name).digest('base64url').slice(0, 22)
    const [known, perNetwork, perAccount] = await Promise.all([
      this.#store.get<number>(`known ${account} ${network}`),
      this.#store.add(`network ${network}`, 1, hour),
      this.#store.add(`account ${account}`, 1, day),
    ])
    const isKnown = known !== undefined
    const undone = async () => {
      await this.#store.add(`network ${network}`, -1, hour)
      await this.#store.add(`account ${account}`, -1, day)
    }
    const isBlocked = !isKnown && (perNetwork > this.#limits.perNetwork || perAccount > this.#limits.perAccount)
    return {
      isBlocked,
      delayMs: isKnown || isBlocked ? 0 : delayOf(perNetwork),
      undone,
      succeeded: async () => {
        await undone()
        await this.#store.set(`known ${account} ${network}`, 1, knownSeconds)
      },
    }
  }
}

function delayOf(tries: number): number {
  return tries <= free ? 0 : Math.min(delay.firstMs * 2 ** (tries - free - 1), delay.mostMs)
}
