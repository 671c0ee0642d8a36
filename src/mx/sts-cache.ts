import type { Dns } from '../engine/dns.ts'
import type { Store } from '../engine/store.ts'
import type { StsTrouble } from './fetch-sts-policy.ts'
import type { StsPolicy } from './sts-policy.ts'
import { findStsRecord } from './sts-record.ts'

/** Fetches a policy, or says why not. */
type FetchPolicy = (domain: string) => Promise<StsPolicy | StsTrouble>

interface Options {
  readonly dns: Dns
  /** What was fetched outlives restarts there, until it is too old. */
  readonly store: Store
  readonly fetch: FetchPolicy
  readonly now: () => Date
  /** Told of each policy that could not be fetched. */
  readonly report: (domain: string, trouble: StsTrouble) => void
}

interface Kept extends StsPolicy {
  readonly id: string
  readonly fetchedAt: number
}

/** RFC 8461, 3.3: after a failure, nobody is asked again for five minutes at least. */
const failureSeconds = 300
/** A policy is fetched again before it is too old: then its host may be down for a while (RFC 8461, 10.2). */
const refreshAfterMs = 86_400_000
/** One that is to be forgotten at once would have to be fetched for each message. */
const shortestSeconds = 60

/** The MTA-STS policies of the domains that we send to. One that was fetched holds until its time is over, whatever becomes of its host. */
export class StsCache {
  readonly #options: Options
  readonly #underWay = new Map<string, Promise<StsPolicy | undefined>>()
  readonly #fetching = new Map<string, Promise<StsPolicy | undefined>>()

  constructor(options: Options) {
    this.#options = options
  }

  /** The policy that mail to a domain must follow; none where there is none, or none could be found out (RFC 8461, 5.1). Rejects when the store does. */
  policyOf(domain: string): Promise<StsPolicy | undefined> {
    const known = this.#underWay.get(domain)
    if (known) return known
    const policy = this.#find(domain).finally(() => this.#underWay.delete(domain))
    this.#underWay.set(domain, policy)
    return policy
  }

  async #find(domain: string): Promise<StsPolicy | undefined> {
    const [kept, record] = await Promise.all([this.#kept(domain), findStsRecord(this.#options.dns, domain)])
    if (record.status !== 'found') return kept
    const isOld = kept !== undefined && this.#options.now().getTime() - kept.fetchedAt > ageBeforeRefresh(kept)
    if (kept?.id === record.id && !isOld) return kept
    if (kept?.id !== record.id) return (await this.#fetch(domain, record.id)) ?? kept
    // It is still good: no mail waits for its refreshment, or for a store in trouble, which says so itself.
    void this.#fetch(domain, record.id).catch(() => {})
    return kept
  }

  async #kept(domain: string): Promise<Kept | undefined> {
    return this.#options.store.get<Kept>(`policy ${domain}`)
  }

  #fetch(domain: string, id: string): Promise<StsPolicy | undefined> {
    const fetching = this.#fetching.get(domain) ?? this.#fetchOnce(domain, id).finally(() => this.#fetching.delete(domain))
    this.#fetching.set(domain, fetching)
    return fetching
  }

  async #fetchOnce(domain: string, id: string): Promise<StsPolicy | undefined> {
    const { store, fetch, now, report } = this.#options
    if (await store.get(`failed ${domain}`)) return undefined
    const policy = await fetch(domain)
    if ('code' in policy) {
      await store.set(`failed ${domain}`, true, failureSeconds)
      report(domain, policy)
      return undefined
    }
    const kept: Kept = { ...policy, id, fetchedAt: now().getTime() }
    await store.set(`policy ${domain}`, kept, Math.max(shortestSeconds, policy.maxAgeSeconds))
    return kept
  }
}

function ageBeforeRefresh({ maxAgeSeconds }: StsPolicy): number {
  return Math.min(refreshAfterMs, maxAgeSeconds * 500)
}
