import { setTimeout as wait } from 'node:timers/promises'
import type { Limits } from './limits.ts'

type BudgetLimits = Pick<
  Limits,
  | 'errors'
  | 'junkCommands'
  | 'refusedRecipients'
  | 'deferredRecipients'
  | 'refusalDelayMs'
  | 'refusalDelayMaxMs'
  | 'sessionBytes'
  | 'sessionMessages'
>

type BudgetLimit = Exclude<keyof BudgetLimits, 'refusalDelayMs' | 'refusalDelayMaxMs'>

/** From this refused recipient on, the answers come later. */
const firstDelayed = 3

/** What a client does on its way to a message; anything else leads nowhere. */
const purposeful = new Set(['MAIL', 'RCPT', 'DATA', 'QUIT', 'STARTTLS', 'AUTH', 'XCLIENT'])

/** Replies that say a command was malformed, unknown or out of order, whatever it was about. */
const errors = new Set([500, 501, 502, 503, 504, 530, 555])

/** What a client may do without getting anywhere, which a completed transaction fills up again, and what it may do at all. */
export class Budget {
  readonly #limits: BudgetLimits
  readonly #recipients: number
  #errors = 0
  #junk = 0
  #refused = 0
  #deferred = 0
  /** Recipients of this transaction, those that were named again included. */
  #named = 0
  #messages = 0
  #bytes = 0

  /** A message may have so many recipients. */
  constructor(limits: BudgetLimits, recipients: number) {
    this.#limits = limits
    this.#recipients = recipients
  }

  /** The limit that has been reached, when one has. */
  get spentOn(): BudgetLimit | undefined {
    const { errors, junkCommands, refusedRecipients, deferredRecipients, sessionBytes, sessionMessages } = this.#limits
    if (this.#errors >= errors) return 'errors'
    if (this.#junk > junkCommands) return 'junkCommands'
    if (this.#refused >= refusedRecipients) return 'refusedRecipients'
    if (this.#deferred >= deferredRecipients) return 'deferredRecipients'
    if (this.#messages >= sessionMessages) return 'sessionMessages'
    return this.#bytes > sessionBytes ? 'sessionBytes' : undefined
  }

  /** Counts a command by our answer to it. A promise asks for patience before the client hears it: guessing addresses should be slow. */
  note(verb: string, code: number): Promise<void> | undefined {
    if (errors.has(code)) this.#errors++
    else if (verb === 'RCPT' && code >= 500) return this.#noteRefusedRecipient()
    else if (verb === 'RCPT' && code >= 400) this.#deferred++
    else if (verb === 'RCPT') this.#noteRecipient()
    else if (!purposeful.has(verb) || code >= 400) this.#junk++
    if (verb === 'MAIL') this.#named = 0
    return undefined
  }

  /** Counts a message, taken or refused, and all that has come so far. */
  noteMessage(code: number, bytes: number): void {
    this.#messages++
    this.#bytes = bytes
    this.#named = 0
    if (code < 400) this.#errors = this.#junk = this.#refused = this.#deferred = 0
  }

  /** Beyond those that a message may have, they are the same ones again. */
  #noteRecipient(): void {
    if (++this.#named > this.#recipients) this.#junk++
  }

  #noteRefusedRecipient(): Promise<void> | undefined {
    this.#refused++
    const { refusalDelayMs, refusalDelayMaxMs } = this.#limits
    const delay = Math.min((this.#refused - firstDelayed + 1) * refusalDelayMs, refusalDelayMaxMs)
    return delay > 0 ? wait(delay, undefined, { ref: false }) : undefined
  }
}
