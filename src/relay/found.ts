import type { Trace } from '../engine/trace.ts'

/** What the header tells of a fact: facts are found elsewhere, and a trace holds them as plain data. */
interface Found {
  readonly spf: {
    readonly result: string
    readonly domain: string
    readonly identity: 'mailfrom' | 'helo'
    readonly error?: string
  }
  readonly dkim: readonly FoundDkim[]
  readonly arc: { readonly result: string; readonly sets: readonly { readonly sealer: string }[]; readonly why?: string }
  readonly dmarc: FoundDmarc
}

export interface FoundDkim {
  readonly result: string
  readonly domain: string
  readonly selector: string
  readonly algorithm: string
  readonly begins: string
  readonly why?: string
}

export interface FoundDmarc {
  readonly result: string
  readonly domain: string
  readonly policy: string
  readonly why?: string
}

/** What a fact turned out to be, if it was found. */
export function foundIn<F extends keyof Found>({ facts }: Trace, fact: F): Found[F] | undefined {
  // A fact's name stands for its type.
  return facts.find(entry => entry.fact === fact && entry.error === undefined)?.value as Found[F] | undefined
}
