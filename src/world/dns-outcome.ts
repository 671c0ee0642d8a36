/** What came of asking one server: the reply, or why there is none. */
export type Outcome =
  | { readonly status: 'replied'; readonly packet: Buffer }
  | { readonly status: 'failed' | 'silent'; readonly error: string }
  /** So many packets that answer nothing came in that somebody may be guessing: UDP is not to be trusted with this question. */
  | { readonly status: 'flooded'; readonly error: string }

export type Settle = (outcome: Outcome) => void
