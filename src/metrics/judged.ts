import type { RecipientTrace, Trace } from '../engine/trace.ts'
import { inBytes } from './distribution.ts'
import { counter, histogram } from './family.ts'
import type { Page } from './page.ts'
import { Counts } from './series.ts'

export const judging = {
  transactions: counter('postern_transactions_total', 'Mail transactions (MAIL to their end), by what came of them.', 'outcome'),
  recipients: counter(
    'postern_recipients_total',
    'Recipients named, by what has become of their copy, and by the rule and the reason that decided, if a rule did.',
    'outcome',
    'rule',
    'reason',
  ),
  hopReplies: counter(
    'postern_next_hop_recipients_total',
    'Recipients that a next hop was asked to take, by the class of its last answer; 4xx also when it gave none.',
    'hop',
    'class',
  ),
  verdicts: counter(
    'postern_verdicts_total',
    'What rules have said, once for each transaction; in shadow and observe mode it counted for nothing.',
    'rule',
    'action',
    'reason',
    'mode',
  ),
  softened: counter('postern_verdicts_softened_total', 'Refusals softened because the DNS was in trouble.', 'rule'),
  errors: counter('postern_rule_errors_total', 'Rules that broke or took too long.', 'rule'),
  blocked: counter(
    'postern_rule_blocked_total',
    'Verdicts for which a rule kept its process from everything else for more than 50 ms.',
    'rule',
  ),
  accepted: counter(
    'postern_messages_accepted_total',
    'Messages that we have answered with 250: each copy is delivered or held.',
  ),
  acceptedBytes: counter('postern_accepted_bytes_total', 'Bytes of these messages.'),
  sizes: histogram('postern_message_size_bytes', 'Sizes of the messages that came in whole, accepted or not.'),
} as const

/** What a trace has instead of a transport's name for a copy that is held. */
const quarantine = 'quarantine'

type Mode = 'enforce' | 'observe'

/** What has been decided, counted from the traces: each transaction is counted once, when it is over. */
export class Judged {
  readonly #transactions = new Counts('accepted', 'deferred', 'rejected', 'left')
  readonly #recipients = new Counts()
  readonly #hopReplies = new Counts()
  readonly #verdicts = new Counts()
  readonly #softened = new Counts()
  readonly #errors = new Counts()
  readonly #blocked = new Counts()
  readonly #sizes = inBytes()
  #accepted = 0
  #acceptedBytes = 0

  count(trace: Trace, mode: Mode): void {
    this.#countEntries(trace, mode)
    // Without MAIL there was no transaction: such a trace is about a session alone.
    if (trace.sender === undefined) return
    const outcome = outcomeOf(trace)
    this.#transactions.add(outcome)
    for (const recipient of trace.recipients) this.#countRecipient(recipient)
    const size = trace.message?.size
    if (size === undefined) return
    this.#sizes.add(size)
    if (outcome !== 'accepted') return
    this.#accepted++
    this.#acceptedBytes += size
  }

  /** From now on these rules judge: their troubles count from zero. */
  expect(rules: readonly string[]): void {
    for (const rule of rules) for (const counts of [this.#softened, this.#errors, this.#blocked]) counts.at(rule)
  }

  writeTo(page: Page): void {
    page.counts(judging.transactions, this.#transactions)
    page.counts(judging.recipients, this.#recipients)
    page.counts(judging.hopReplies, this.#hopReplies)
    page.counts(judging.verdicts, this.#verdicts)
    page.counts(judging.softened, this.#softened)
    page.counts(judging.errors, this.#errors)
    page.counts(judging.blocked, this.#blocked)
    page.set(judging.accepted, this.#accepted)
    page.set(judging.acceptedBytes, this.#acceptedBytes)
    page.distribution(judging.sizes, this.#sizes)
  }

  #countRecipient({ outcome, rule = '', reason = '', where, reply }: RecipientTrace): void {
    this.#recipients.add(outcome, rule, reason)
    if (where !== undefined && where !== quarantine) this.#hopReplies.add(where, `${reply[0]}xx`)
  }

  #countEntries({ entries }: Trace, mode: Mode): void {
    for (const { rule, verdict, shadow, softened, error, blockedMs } of entries) {
      const reason = verdict.action === 'pass' ? '' : verdict.reason
      this.#verdicts.add(rule, verdict.action, reason, shadow ? 'shadow' : mode)
      if (softened) this.#softened.add(rule)
      if (error !== undefined) this.#errors.add(rule)
      if (blockedMs !== undefined) this.#blocked.add(rule)
    }
  }
}

type TransactionOutcome = 'accepted' | 'deferred' | 'rejected' | 'left'

/** The answer to the message; before there was one, what the recipients heard. `left`: someone was taken, and the client went. */
function outcomeOf({ reply, recipients }: Trace): TransactionOutcome {
  if (reply !== undefined) return byCode(reply)
  if (recipients.length === 0 || recipients.some(({ outcome }) => outcome === 'left')) return 'left'
  return recipients.some(({ outcome }) => outcome === 'deferred') ? 'deferred' : 'rejected'
}

function byCode(reply: string): TransactionOutcome {
  if (reply.startsWith('2')) return 'accepted'
  return reply.startsWith('4') ? 'deferred' : 'rejected'
}
