import type { Gateway } from '../engine/gateway.ts'
import { isFor } from '../engine/tally.ts'
import type { Outcome, RecipientTrace, Trace, TraceEntry } from '../engine/trace.ts'
import { type Merit, merits, meritsOf } from './merit.ts'
import { readAddress } from './replayer.ts'
import { missingIn } from './tape.ts'

/** What has become of one recipient's copy. */
export interface Fate {
  readonly outcome: Outcome | 'tagged'
  readonly score: number
  /** Who decided, when a rule did, and why. */
  readonly rule?: string
  readonly reason?: string
  /** The rule has added up the points. */
  readonly isSum?: true
}

/** Why something cannot be said: a rule asks for what was not recorded; without a rule, the message itself never came. */
export interface Gap {
  readonly rule?: string
  readonly missing: string
}

/** One recipient of a transaction that was judged again. */
export interface JudgedRecipient {
  readonly address: string
  readonly before: Fate
  readonly after: Fate | Gap
}

/** A transaction that was judged again: all that a comparison needs to know. Plain data, so that it can come from another thread. */
export interface Judged {
  readonly id: string
  readonly started: string
  readonly client: string
  readonly sender: string | null
  readonly merits: readonly Merit[]
  readonly recipients: readonly JudgedRecipient[]
}

/** Puts what was recorded and what would have been beside each other. */
export function compareTraces(recorded: Trace, again: Trace, gateway: Pick<Gateway, 'rulebook' | 'isExempt'>): Judged {
  const after = new Map(again.recipients.map(recipient => [recipient.address, recipient]))
  const gaps = gapsIn(again, gateway)
  const sums = new Set(gateway.rulebook.rules.filter(({ policy }) => policy.sumsUp).map(({ name }) => name))
  const found = new Set([...meritsOf(recorded), ...meritsOf(again)])
  return {
    id: recorded.id,
    started: recorded.started,
    client: recorded.session.client.ip,
    sender: recorded.sender ?? null,
    merits: merits.filter(merit => found.has(merit)),
    recipients: recorded.recipients.flatMap(recipient => {
      const now = after.get(recipient.address)
      if (!now) return []
      const gap = gaps.get(recipient.address) ?? neverCame(recipient, now)
      return [{ address: recipient.address, before: fateOf(recipient, sums), after: gap ?? fateOf(now, sums) }]
    }),
  }
}

function fateOf({ outcome, tagged, score, rule, reason }: RecipientTrace, sums: ReadonlySet<string>): Fate {
  return {
    outcome: tagged ? 'tagged' : outcome,
    score,
    ...(rule !== undefined && { rule }),
    ...(reason !== undefined && { reason }),
    ...(rule !== undefined && sums.has(rule) && { isSum: true }),
  }
}

/** Who is let through RCPT now, and was not then, might have sent anything. */
function neverCame({ outcome }: RecipientTrace, now: RecipientTrace): Gap | undefined {
  return now.outcome === 'left' && outcome !== 'left' ? { missing: 'the message' } : undefined
}

/**
 * For whom a rule that counts asked for what was not recorded. Behind DATA there is one reply for all, so that what is not
 * known for one is known for none.
 */
function gapsIn(again: Trace, gateway: Pick<Gateway, 'rulebook' | 'isExempt'>): ReadonlyMap<string, Gap> {
  const gaps = new Map<string, Gap>()
  for (const entry of again.entries) {
    const missing = missingIn(entry.error)
    if (missing === undefined || entry.shadow) continue
    for (const { address } of again.recipients) {
      if (!gaps.has(address) && concerns(entry, address, gateway)) gaps.set(address, { rule: entry.rule, missing })
    }
  }
  const [first] = gaps.values()
  if (!first || !again.message) return gaps
  for (const { address, reply, outcome } of again.recipients) {
    const isJudgedTogether = outcome === 'delivered' || outcome === 'quarantined' || reply === again.reply
    if (isJudgedTogether && !gaps.has(address)) gaps.set(address, first)
  }
  return gaps
}

function concerns(entry: TraceEntry, text: string, { rulebook, isExempt }: Pick<Gateway, 'rulebook' | 'isExempt'>): boolean {
  if (entry.recipients) return entry.recipients.includes(text)
  const rule = rulebook.rules.find(({ name }) => name === entry.rule)
  const address = readAddress(text)
  return rule !== undefined && isFor(rule, address) && (rule.always || !isExempt(address))
}
