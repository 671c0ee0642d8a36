import type { SweptListing } from './sweep.ts'

interface Options {
  readonly sweep: () => Promise<readonly SweptListing[]>
  /** Told after every sweep, with all that it has found. */
  readonly report: (found: readonly SweptListing[], news: readonly SweptListing[]) => void
  readonly everyMs?: number
}

const sixHoursMs = 6 * 60 * 60 * 1000

/** Asks at the start, and then every 6 hours, whether our own addresses are in a blocklist. */
export class AddressWatch {
  readonly #options: Options
  readonly #known = new Map<string, SweptListing['status']>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Resolves after the first sweep. */
  start(): Promise<void> {
    this.#timer ??= setInterval(() => void this.look(), this.#options.everyMs ?? sixHoursMs).unref()
    return this.look()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Sweeps now, and tells what has become known: what is listed, and what no longer is. That something is unknown is no news. */
  async look(): Promise<void> {
    const found = await this.#options.sweep()
    const news = found.filter(each => {
      const before = this.#known.get(idOf(each))
      if (each.status !== 'unknown') this.#known.set(idOf(each), each.status)
      return each.status !== before && (each.status === 'listed' || (each.status === 'not listed' && before === 'listed'))
    })
    this.#options.report(found, news)
  }
}

function idOf({ address, zone }: SweptListing): string {
  return `${address} ${zone}`
}
