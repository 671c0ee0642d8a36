import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../engine/dns.ts'
import { registeredDomain } from '../mail/domain.ts'

/** How the DNS is doing: something for the log. */
export interface DnsNews {
  readonly state: 'degraded' | 'healthy'
  /** Of the last five minutes. */
  readonly questions: number
  readonly failed: number
}

interface Options {
  readonly dns: Dns
  /** Told whenever the state has changed. */
  readonly report: (news: DnsNews) => void
  /** The time in milliseconds; only differences matter. */
  readonly now?: () => number
}

const minute = 60_000
const slots = 5
/** Above the first we are in trouble, below the second again out of it. */
const limits = { degraded: 0.3, healthy: 0.2 } as const
/** Fewer say nothing. */
const fewest = { questions: 20, failedDomains: 3 } as const
/** Anybody can have us ask about domains whose servers are broken: one domain has this much of a voice in a minute. */
const mostPerDomain = 10
const mostDomains = 2000

/** Any message names as many of these as it likes, each under another domain whose servers are broken. */
const isChosenByMessage = /(?:^|\.)_(?:domainkey|dmarc)\./

interface Count {
  questions: number
  failed: number
}

/** What was asked in one minute, all in all and by registered domain. */
interface Slot extends Count {
  readonly minute: number
  readonly domains: Map<string, Count>
}

/** The DNS, with an eye on how much of it cannot be found out: more than 30 % in five minutes is trouble of our own. */
export class DnsHealth implements Dns {
  readonly #options: Options
  readonly #now: () => number
  #slots: readonly Slot[] = []
  #state: DnsNews['state'] = 'healthy'

  constructor(options: Options) {
    this.#options = options
    this.#now = options.now ?? performance.now.bind(performance)
  }

  /** Whether nobody may be refused at present for what the DNS says. */
  get isDegraded(): boolean {
    // Trouble that nobody asks about any more is over when its minutes are.
    if (this.#state === 'degraded') this.#review()
    return this.#state === 'degraded'
  }

  async query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const answer = await this.#options.dns.query(type, name, signal)
    const failed = answer.status === 'temperror'
    if (isChosenByMessage.test(name)) return answer
    this.#count(registeredDomain(name), failed ? 1 : 0)
    if (failed) this.#review()
    return answer
  }

  #count(domain: string, failed: 0 | 1): void {
    const slot = this.#slot()
    const count = slot.domains.get(domain) ?? { questions: 0, failed: 0 }
    if (count.questions >= mostPerDomain || slot.domains.size >= mostDomains) return
    for (const sum of [count, slot]) {
      sum.questions += 1
      sum.failed += failed
    }
    slot.domains.set(domain, count)
  }

  #slot(): Slot {
    const now = Math.floor(this.#now() / minute)
    const last = this.#slots.at(-1)
    if (last?.minute === now) return last
    const slot = { minute: now, domains: new Map(), questions: 0, failed: 0 }
    this.#slots = [...this.#recent(now), slot]
    return slot
  }

  #recent(now: number): readonly Slot[] {
    return this.#slots.filter(slot => slot.minute > now - slots)
  }

  #review(): void {
    const recent = this.#recent(Math.floor(this.#now() / minute))
    const questions = recent.reduce((sum, slot) => sum + slot.questions, 0)
    const failed = recent.reduce((sum, slot) => sum + slot.failed, 0)
    const share = questions === 0 ? 0 : failed / questions
    const mayBeTrouble = this.#state === 'healthy' && share > limits.degraded && questions >= fewest.questions
    if (mayBeTrouble && haveManyFailed(recent)) this.#become({ state: 'degraded', questions, failed })
    else if (this.#state === 'degraded' && share < limits.healthy) this.#become({ state: 'healthy', questions, failed })
  }

  #become(news: DnsNews): void {
    this.#state = news.state
    this.#options.report(news)
  }
}

function haveManyFailed(recent: readonly Slot[]): boolean {
  const domains = new Set<string>()
  for (const slot of recent) {
    for (const [domain, { failed }] of slot.domains) {
      if (failed > 0 && domains.add(domain).size >= fewest.failedDomains) return true
    }
  }
  return false
}
