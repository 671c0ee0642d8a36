import type { Dns } from '../engine/dns.ts'
import { type Publication, readPublication } from './key-record.ts'
import { keyName, type SigningKey } from './signing-key.ts'

/** What has become of a key: something for the log. */
export interface KeyNews extends Publication {
  readonly key: SigningKey
}

interface Options {
  readonly keys: readonly SigningKey[]
  /** Without a memory of its own, which would hide for a while what has been mended. */
  readonly dns: Dns
  /** Told when what is known of a key has changed, also when it is the first that is known. */
  readonly report: (news: KeyNews) => void
}

const minuteMs = 60_000
const everyMs = { well: 10 * minuteMs, ill: minuteMs } as const

/**
 * Looks whether the public halves of our keys are published: what cannot be verified is worse than no signature, and nobody
 * else tells us. Never while a message waits. A key whose record is missing or different is not signed with. While it
 * cannot be found out, what was known last counts, and a key of which nothing is known yet signs: the trouble may well be ours.
 */
export class KeyWatch {
  readonly #options: Options
  readonly #known = new Map<SigningKey, Publication>()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: Options) {
    this.#options = options
  }

  /** Resolves when every key has been looked up once; they are looked up again until `stop`. */
  async start(): Promise<void> {
    await this.look()
    if (this.#isStopped) return
    const isWell = this.#options.keys.every(key => this.#known.get(key)?.state === 'published')
    this.#timer = setTimeout(() => void this.start(), isWell ? everyMs.well : everyMs.ill).unref()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  maySign(key: SigningKey): boolean {
    const state = this.#known.get(key)?.state
    return state !== 'missing' && state !== 'different'
  }

  /** Looks up every key now. */
  async look(): Promise<void> {
    await Promise.all(this.#options.keys.map(key => this.#look(key)))
  }

  async #look(key: SigningKey): Promise<void> {
    const found = readPublication(key, await this.#options.dns.query('TXT', keyName(key)))
    const known = this.#known.get(key)
    if (found.state === 'unknown' && known) return
    this.#known.set(key, found)
    if (known?.state !== found.state || known.why !== found.why) this.#options.report({ key, ...found })
  }
}
