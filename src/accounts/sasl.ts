import type { Account } from './account.ts'

/** What has come of a client's response. */
export type Step =
  /** Something for the client to answer. */
  { readonly challenge: Buffer } | { readonly account: Account } | Failed

export interface Failed {
  readonly failure: Failure
  /** For the log. */
  readonly detail?: string
}

/** `malformed`: it does not follow its mechanism. `throttled`: too many have failed. `trouble`: it could not be found out. */
export type Failure = 'malformed' | 'refused' | 'throttled' | 'trouble'

/** One exchange of a mechanism (RFC 4422): each response of the client has its answer. */
export interface SaslExchange {
  /** What the client hears when it has sent no initial response. */
  readonly greeting: Buffer
  step(response: Buffer): Step | Promise<Step>
}

export const malformed: Failed = { failure: 'malformed' }
export const refused: Failed = { failure: 'refused' }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for what is no UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // the caller answers for it
  }
}
