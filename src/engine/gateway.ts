import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { mayRelay, type Session } from '../mail/session.ts'
import type { World } from './fact.ts'
import type { Phase } from './phase.ts'
import type { Rulebook } from './rule.ts'
import type { Trace } from './trace.ts'
import type { Quarantine, Route } from './transport.ts'

/** The way out, for those whose session says that they may relay. */
export interface Outbound {
  /** Where the mail of any recipient goes; `undefined` when it cannot go anywhere. */
  readonly route: (recipient: Address) => Route | undefined
  /** Whether it sends nothing in clear that must not be (RFC 8689). */
  readonly requireTls: boolean
}

/** Everything a conversation needs. Built once, from the configuration; a reload builds another. */
export interface Gateway {
  readonly rulebook: Rulebook
  /** What the mail of our own users and servers is judged by; without it, by nothing. */
  readonly submissionRulebook?: Rulebook
  /** In observe mode everything is judged and traced, and all mail is relayed. */
  readonly mode: 'enforce' | 'observe'
  readonly world: World
  /** Whether so many questions to the DNS fail that nobody may be refused for an answer. */
  readonly isDegraded: () => boolean
  readonly quarantine: Quarantine
  /** Where a recipient's mail goes; `undefined` when we do not relay for it. Not a policy: no verdict can change it. */
  readonly route: (recipient: Address) => Route | undefined
  /** Absent where nobody may relay. Who may is said by the session, and no verdict can change that either. */
  readonly outbound?: Outbound
  /** Whether a client at this address may relay without having authenticated. */
  readonly relaysFrom?: (ip: string) => boolean
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

/** Where a recipient's mail goes for this client. Who may relay is a matter of who it is, and of nothing that any rule could say. */
export function routeOf({ outbound, route }: Gateway, session: Session, recipient: Address): Route | undefined {
  return outbound && mayRelay(session) ? outbound.route(recipient) : route(recipient)
}
