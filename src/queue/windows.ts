import { limitsOf, type ProviderLimits } from './providers.ts'

/** So many at first: whoever does not answer holds up no more. */
const first = 2

/** What is under way to one provider, and how much may be. */
class Window {
  busy = 0
  size = first
  /** It has taken something, and nothing has gone wrong since. */
  isProven = false
  readonly waiting: (() => void)[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
    this.size = Math.min(first, most)
  }

  grow(): void {
    this.isProven = true
    this.size = Math.min(this.#most, this.size + 1)
  }

  shrink(): void {
    this.isProven = false
    this.size = Math.max(1, Math.floor(this.size / 2))
  }
}

export interface WindowNeeds {
  /** Deliveries at once, to all together. */
  readonly connections: number
  readonly providers: Readonly<Record<string, ProviderLimits>>
  /** The processes that share what a provider takes. */
  readonly processes: number
}

/** What is remembered of domains and providers that nothing is under way to. */
const remembered = 2000

/**
 * How many deliveries each provider gets. It begins with a few, has more with each success, and half as many after a failure. Those that
 * have not proved that they answer share one half of the places: however many are dead, the other half is for the living.
 */
export class Windows {
  readonly #needs: WindowNeeds
  readonly #windows = new Map<string, Window>()
  /** The provider of a domain, as it was last. */
  readonly #providers = new Map<string, string>()
  #busy = 0
  #doubtful = 0
  #waiting = 0

  constructor(needs: WindowNeeds) {
    this.#needs = needs
  }

  /** How many more deliveries may begin. */
  get room(): number {
    return this.#needs.connections - this.#busy - this.#waiting
  }

  /** For domains of which nothing is known, and for those of which something is. */
  get rooms(): { readonly mostPerDomain: number; readonly rooms: Readonly<Record<string, number>> } {
    const doubt = Math.max(0, Math.ceil(this.#needs.connections / 2) - this.#doubtful)
    const rooms: Record<string, number> = {}
    for (const [domain, provider] of this.#providers) {
      const window = this.#window(provider)
      const room = window.waiting.length > 0 ? 0 : Math.max(0, window.size - window.busy)
      rooms[domain] = window.isProven ? room : Math.min(room, doubt)
    }
    return { mostPerDomain: Math.min(first, doubt), rooms }
  }

  /** Waits for a place for a delivery, which is to be given back by what this resolves to. */
  async take(domain: string, provider: string): Promise<() => void> {
    this.#remember(domain, provider)
    const window = this.#window(provider)
    while (window.busy >= window.size) {
      const { promise, resolve } = Promise.withResolvers<void>()
      window.waiting.push(resolve)
      this.#waiting++
      await promise
      this.#waiting--
    }
    const isDoubtful = !window.isProven
    this.#count(window, isDoubtful, 1)
    return () => {
      this.#count(window, isDoubtful, -1)
      for (let free = window.size - window.busy; free > 0; free--) window.waiting.shift()?.()
    }
  }

  #count(window: Window, isDoubtful: boolean, by: 1 | -1): void {
    window.busy += by
    this.#busy += by
    if (isDoubtful) this.#doubtful += by
  }

  succeeded(provider: string): void {
    this.#window(provider).grow()
  }

  failed(provider: string): void {
    this.#window(provider).shrink()
  }

  #window(provider: string): Window {
    const known = this.#windows.get(provider)
    if (known) return known
    const most = Math.ceil(limitsOf(provider, this.#needs.providers).connections / this.#needs.processes)
    const window = new Window(most)
    this.#windows.set(provider, window)
    return window
  }

  #remember(domain: string, provider: string): void {
    this.#providers.delete(domain)
    this.#providers.set(domain, provider)
    if (this.#providers.size > remembered) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const domain of this.#providers.keys()) {
      this.#providers.delete(domain)
      break
    }
    const used = new Set(this.#providers.values())
    if (this.#windows.size <= remembered) return
    for (const [provider, { busy }] of this.#windows) if (busy === 0 && !used.has(provider)) this.#windows.delete(provider)
  }
}
