import { across, counter, gauge } from './family.ts'
import type { Page } from './page.ts'

export const outgoing = {
  messages: counter(
    'postern_signing_messages_total',
    'Messages that were to be signed or sealed, by what became of them.',
    'result',
  ),
  published: across(
    'min',
    gauge(
      'postern_signing_key_published',
      '0 while a key signs nothing because its record is missing or different, else 1; absent until it has been found out.',
      'domain',
      'selector',
    ),
  ),
  listed: across(
    'max',
    gauge(
      'postern_own_address_listed',
      '1 while a blocklist lists an address from which our mail goes out, else 0; absent while it cannot be found out.',
      'address',
      'zone',
    ),
  ),
} as const

type Result = 'signed' | 'unsigned' | 'sealed' | 'unsealed'

/** What is counted on the way out. */
export class Outgoing {
  readonly #messages = new Map<Result, number>()
  readonly #keys = new Map<string, { readonly labels: readonly [string, string]; readonly isPublished: boolean }>()
  #listings: readonly OwnListing[] = []

  noteMessage(result: Result): void {
    this.#messages.set(result, (this.#messages.get(result) ?? 0) + 1)
  }

  /** Others are in force now. */
  forgetKeys(): void {
    this.#keys.clear()
  }

  noteKey({ domain, selector }: { readonly domain: string; readonly selector: string }, state: string): void {
    if (state === 'unknown') return
    this.#keys.set(`${selector} ${domain}`, { labels: [domain, selector], isPublished: state === 'published' })
  }

  /** What the lists say of all our addresses, after each sweep. */
  noteListings(listings: readonly OwnListing[]): void {
    this.#listings = listings
  }

  writeTo(page: Page): void {
    for (const [result, count] of this.#messages) page.set(outgoing.messages, count, result)
    for (const { labels, isPublished } of this.#keys.values()) page.set(outgoing.published, isPublished ? 1 : 0, ...labels)
    for (const { address, zone, status } of this.#listings)
      if (status !== 'unknown') page.set(outgoing.listed, status === 'listed' ? 1 : 0, address, zone)
  }
}

/** What one list says of one address. */
export interface OwnListing {
  readonly address: string
  readonly zone: string
  readonly status: 'listed' | 'not listed' | 'unknown'
}
