import { type Cause, refusal, type Tally } from './tally.ts'

/** The one answer that SMTP allows after DATA, and what becomes of each recipient's copy. */
export type Settlement<R> = { readonly refuse: Cause } | { readonly deliver: readonly R[]; readonly quarantine: readonly R[] }

/**
 * One message, many recipients, one reply. If anyone asks for later, everyone waits: nothing has
 * been delivered yet, so the sender's retry loses nothing. If only some refuse, the message is
 * taken for the others and the refused copies are quarantined: once accepted, mail is neither
 * dropped nor bounced.
 */
export function settle<R>(tallies: ReadonlyMap<R, Tally>): Settlement<R> {
  const refusals = [...tallies.values()].map(refusal)
  const refuse = refusals.find(cause => cause?.action === 'defer') ?? (refusals.every(Boolean) ? refusals[0] : undefined)
  if (refuse) return { refuse }

  const [held, free] = [[] as R[], [] as R[]]
  for (const [recipient, tally] of tallies) (isHeld(tally) ? held : free).push(recipient)
  return { deliver: free, quarantine: held }
}

function isHeld(tally: Tally): boolean {
  return refusal(tally) !== undefined || tally.quarantine !== undefined
}
