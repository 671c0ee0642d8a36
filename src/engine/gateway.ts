import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { World } from './fact.ts'
import type { Phase } from './phase.ts'
import type { Rulebook } from './rule.ts'
import type { Trace } from './trace.ts'
import type { Quarantine, Route } from './transport.ts'

/** Everything a conversation needs. Built once, from the configuration; a reload builds another. */
export interface Gateway {
  readonly rulebook: Rulebook
  /** In observe mode everything is judged and traced, and all mail is relayed. */
  readonly mode: 'enforce' | 'observe'
  readonly world: World
  /** Whether so many questions to the DNS fail that nobody may be refused for an answer. */
  readonly isDegraded: () => boolean
  readonly quarantine: Quarantine
  /** Where a recipient's mail goes; `undefined` when we do not relay for it. Not a policy: no verdict can change it. */
  readonly route: (recipient: Address) => Route | undefined
  /** Recipients for whom only rules marked `always` judge: postmaster and abuse (RFC 5321, 4.5.1). */
  readonly isExempt: (recipient: Address) => boolean
  readonly maxRecipients: number
  /** How long the rules may take at each phase, in milliseconds. What is late is judged by `onError`. */
  readonly budgetMs: Readonly<Record<Phase, number>>
  /** The message with our header fields on top: the one change that a relay makes. */
  readonly annotate: (message: Message, trace: Trace) => Message
  readonly record: (trace: Trace) => void
}

/** RFC 5321, 4.5.3.2 gives us five minutes at RCPT and ten after DATA; nobody should have to wait that long. */
export const defaultBudgetMs: Readonly<Record<Phase, number>> = {
  connect: 10_000,
  helo: 10_000,
  mail: 10_000,
  rcpt: 10_000,
  message: 60_000,
}
